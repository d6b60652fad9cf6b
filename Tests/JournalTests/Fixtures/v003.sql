-- A journal of schema 3, by version 0.1.0: seven operations, and a detach_disk that was killed.
CREATE TABLE events (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT    NOT NULL,
    kind      TEXT    NOT NULL,   -- intent, doing, done, undoing, undone, note, attempt, outcome, replied, …
    step      TEXT,               -- the step's name, for kinds that are about a step
    at        INTEGER NOT NULL,   -- Unix time in milliseconds, by this host's clock
    monotonic INTEGER NOT NULL,   -- microseconds since boot: orders and times events when the clock jumps
    data      TEXT                -- JSON; names and facts, never secrets
);
INSERT INTO events VALUES(1,'1m87dkra29rmqf','intent',NULL,1795545489731,37910231971,'{"method":"create_stemcell","mutating":1,"plan":{"stemcell":"stemcell:f168e521-a1db-46e1-9b48-d566e2be423d"},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":834,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791012","user":0,"version":"0.1.0"},"subjects":[["stemcell","stemcell:f168e521-a1db-46e1-9b48-d566e2be423d"]]}');
INSERT INTO events VALUES(2,'1m87dkra29rmqf','doing','import image stemcell:f168e521-a1db-46e1-9b48-d566e2be423d.new',1795545489834,37910334887,NULL);
INSERT INTO events VALUES(3,'1m87dkra29rmqf','request',NULL,1795545490226,37910727090,'{"request":"POST /v1.41/images/create","status":200}');
INSERT INTO events VALUES(4,'1m87dkra29rmqf','done','import image stemcell:f168e521-a1db-46e1-9b48-d566e2be423d.new',1795545490226,37910727261,NULL);
INSERT INTO events VALUES(5,'1m87dkra29rmqf','doing','create container stemcell-f168e521-a1db-46e1-9b48-d566e2be423d.base',1795545490226,37910727264,NULL);
INSERT INTO events VALUES(6,'1m87dkra29rmqf','request',NULL,1795545490366,37910867376,'{"request":"POST /v1.41/containers/create","status":201}');
INSERT INTO events VALUES(7,'1m87dkra29rmqf','done','create container stemcell-f168e521-a1db-46e1-9b48-d566e2be423d.base',1795545490366,37910867538,NULL);
INSERT INTO events VALUES(8,'1m87dkra29rmqf','doing','commit container stemcell-f168e521-a1db-46e1-9b48-d566e2be423d.base as stemcell:f168e521-a1db-46e1-9b48-d566e2be423d',1795545490366,37910867540,NULL);
INSERT INTO events VALUES(9,'1m87dkra29rmqf','request',NULL,1795545490972,37911473085,'{"request":"POST /v1.41/commit","status":201}');
INSERT INTO events VALUES(10,'1m87dkra29rmqf','done','commit container stemcell-f168e521-a1db-46e1-9b48-d566e2be423d.base as stemcell:f168e521-a1db-46e1-9b48-d566e2be423d',1795545490972,37911473168,NULL);
INSERT INTO events VALUES(11,'1m87dkra29rmqf','doing','remove container stemcell-f168e521-a1db-46e1-9b48-d566e2be423d.base',1795545490972,37911473170,NULL);
INSERT INTO events VALUES(12,'1m87dkra29rmqf','request',NULL,1795545491077,37911578390,'{"request":"DELETE /v1.41/containers/4f1d1cf0939d4980160ef052538731114c8e97f05b0f474ca006c0ffafeda3ef","status":204}');
INSERT INTO events VALUES(13,'1m87dkra29rmqf','done','remove container stemcell-f168e521-a1db-46e1-9b48-d566e2be423d.base',1795545491077,37911578525,NULL);
INSERT INTO events VALUES(14,'1m87dkra29rmqf','doing','remove image stemcell:f168e521-a1db-46e1-9b48-d566e2be423d.new',1795545491077,37911578526,NULL);
INSERT INTO events VALUES(15,'1m87dkra29rmqf','request',NULL,1795545491081,37911581895,'{"request":"DELETE /v1.41/images/stemcell%3Af168e521-a1db-46e1-9b48-d566e2be423d.new","status":200}');
INSERT INTO events VALUES(16,'1m87dkra29rmqf','done','remove image stemcell:f168e521-a1db-46e1-9b48-d566e2be423d.new',1795545491081,37911581990,NULL);
INSERT INTO events VALUES(17,'1m87dkra29rmqf','outcome',NULL,1795545491081,37911582217,'{"state":"done"}');
INSERT INTO events VALUES(18,'1m87dkra29rmqf','replied',NULL,1795545491083,37911584644,'{"delivered":true}');
INSERT INTO events VALUES(19,'1m87dksyygwxm4','intent',NULL,1795545491423,37911923664,'{"method":"create_vm","mutating":1,"plan":{"agent":"agent","disks":[],"furtherNetworks":[],"furtherVolumes":[],"networks":[{"driver":"bridge","enableIPv6":false,"gateways":["10.244.9.1"],"ipv4":"10.244.9.10","isDefault":true,"isMissing":true,"mac":"02:42:0a:f4:09:0a","name":"n1","subnets":["10.244.9.0/24"]}],"settingsPath":"/var/vcap/bosh/warden-cpi-agent-env.json","stemcell":"stemcell:f168e521-a1db-46e1-9b48-d566e2be423d","systemd":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":1557,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791174","user":0,"version":"0.1.0"},"subjects":[["agent","agent"],["vm","vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"],["stemcell","stemcell:f168e521-a1db-46e1-9b48-d566e2be423d"],["network","n1"]]}');
INSERT INTO events VALUES(20,'1m87dksyygwxm4','doing','create network n1',1795545491497,37911998340,NULL);
INSERT INTO events VALUES(21,'1m87dksyygwxm4','request',NULL,1795545491598,37912098929,'{"request":"POST /v1.41/networks/create","status":201}');
INSERT INTO events VALUES(22,'1m87dksyygwxm4','done','create network n1',1795545491598,37912099508,NULL);
INSERT INTO events VALUES(23,'1m87dksyygwxm4','doing','create volume vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc-ephemeral',1795545491598,37912099511,NULL);
INSERT INTO events VALUES(24,'1m87dksyygwxm4','request',NULL,1795545491600,37912101509,'{"request":"POST /v1.41/volumes/create","status":201}');
INSERT INTO events VALUES(25,'1m87dksyygwxm4','done','create volume vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc-ephemeral',1795545491600,37912101647,NULL);
INSERT INTO events VALUES(26,'1m87dksyygwxm4','doing','create container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new',1795545491600,37912101648,NULL);
INSERT INTO events VALUES(27,'1m87dksyygwxm4','request',NULL,1795545491673,37912174125,'{"request":"POST /v1.41/containers/create","status":201}');
INSERT INTO events VALUES(28,'1m87dksyygwxm4','done','create container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new',1795545491675,37912176521,NULL);
INSERT INTO events VALUES(29,'1m87dksyygwxm4','doing','put settings into vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new',1795545491675,37912176525,NULL);
INSERT INTO events VALUES(30,'1m87dksyygwxm4','request',NULL,1795545491773,37912274136,'{"request":"PUT /v1.41/containers/vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new/archive","status":200}');
INSERT INTO events VALUES(31,'1m87dksyygwxm4','request',NULL,1795545491877,37912378306,'{"request":"PUT /v1.41/containers/vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new/archive","status":200}');
INSERT INTO events VALUES(32,'1m87dksyygwxm4','done','put settings into vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new',1795545491877,37912378421,NULL);
INSERT INTO events VALUES(33,'1m87dksyygwxm4','doing','start container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new',1795545491877,37912378423,NULL);
INSERT INTO events VALUES(34,'1m87dksyygwxm4','request',NULL,1795545492495,37912995942,'{"request":"POST /v1.41/containers/ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e/start","status":204}');
INSERT INTO events VALUES(35,'1m87dksyygwxm4','done','start container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new',1795545492495,37912996087,NULL);
INSERT INTO events VALUES(36,'1m87dksyygwxm4','doing','verify that vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new runs',1795545492495,37912996090,NULL);
INSERT INTO events VALUES(37,'1m87dksyygwxm4','done','verify that vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new runs',1795545492656,37913157253,NULL);
INSERT INTO events VALUES(38,'1m87dksyygwxm4','doing','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545492656,37913157256,NULL);
INSERT INTO events VALUES(39,'1m87dksyygwxm4','request',NULL,1795545492709,37913209899,'{"request":"POST /v1.41/containers/ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e/rename","status":204}');
INSERT INTO events VALUES(40,'1m87dksyygwxm4','done','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545492709,37913210022,NULL);
INSERT INTO events VALUES(41,'1m87dksyygwxm4','outcome',NULL,1795545492709,37913210296,'{"state":"done"}');
INSERT INTO events VALUES(42,'1m87dksyygwxm4','replied',NULL,1795545492715,37913216207,'{"delivered":true}');
INSERT INTO events VALUES(43,'1m87dkvb5p08kg','intent',NULL,1795545492838,37913338959,'{"method":"create_disk","mutating":1,"plan":{"disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","isKept":false,"sizeMiB":64},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":2352,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791322","user":0,"version":"0.1.0"},"subjects":[["disk","disk-ab1b4341-f448-467a-acd1-451ef1de62d0"]]}');
INSERT INTO events VALUES(44,'1m87dkvb5p08kg','doing','create disk disk-ab1b4341-f448-467a-acd1-451ef1de62d0',1795545492852,37913353227,NULL);
INSERT INTO events VALUES(45,'1m87dkvb5p08kg','request',NULL,1795545492856,37913356685,'{"request":"POST /v1.41/volumes/create","status":400}');
INSERT INTO events VALUES(46,'1m87dkvb5p08kg','request',NULL,1795545492858,37913358868,'{"request":"POST /v1.41/volumes/create","status":201}');
INSERT INTO events VALUES(47,'1m87dkvb5p08kg','done','create disk disk-ab1b4341-f448-467a-acd1-451ef1de62d0',1795545492858,37913358971,NULL);
INSERT INTO events VALUES(48,'1m87dkvb5p08kg','outcome',NULL,1795545492858,37913359080,'{"state":"done"}');
INSERT INTO events VALUES(49,'1m87dkvb5p08kg','replied',NULL,1795545492859,37913360454,'{"delivered":true}');
INSERT INTO events VALUES(50,'1m87dkveqn52xq','intent',NULL,1795545492960,37913460807,'{"method":"set_vm_metadata","mutating":1,"plan":{"metadata":{"job":"db"},"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":2419,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791337","user":0,"version":"0.1.0"},"subjects":[["vm","vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"]]}');
INSERT INTO events VALUES(51,'1m87dkveqn52xq','outcome',NULL,1795545493000,37913500746,'{"state":"done"}');
INSERT INTO events VALUES(52,'1m87dkveqn52xq','replied',NULL,1795545493021,37913521870,'{"delivered":true}');
INSERT INTO events VALUES(53,'1m87dkvnrmyp6z','intent',NULL,1795545493177,37913678042,'{"method":"attach_disk","mutating":1,"plan":null,"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","host":"director","pid":2469,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791356","user":0,"version":"0.1.0"},"subjects":[["vm","vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"],["disk","disk-none"]]}');
INSERT INTO events VALUES(54,'1m87dkvnrmyp6z','outcome',NULL,1795545493200,37913701021,'{"error":"cannot find disk disk-none: no volume of that name","state":"failed"}');
INSERT INTO events VALUES(55,'1m87dkvnrmyp6z','replied',NULL,1795545493278,37913779402,'{"delivered":true}');
INSERT INTO events VALUES(56,'1m87dkvz12z0qy','intent',NULL,1795545493480,37913980845,'{"method":"attach_disk","mutating":1,"plan":{"change":"replace","disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","furtherNetworks":[],"macs":{"n1":"02:42:0a:f4:09:0a"},"metadata":"{\"job\":\"db\"}","method":"attach_disk","old":"ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e","operation":"1m87dkvz12z0qy","restartPolicy":{"name":"unless-stopped","retries":0},"startedAt":"2026-11-24T18:38:12.487745825Z","tellsSettings":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc","wasRunning":true,"why":"attach is set to restart"},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":2599,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791379","user":0,"version":"0.1.0"},"subjects":[["vm","vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"],["disk","disk-ab1b4341-f448-467a-acd1-451ef1de62d0"]]}');
INSERT INTO events VALUES(57,'1m87dkvz12z0qy','doing','mark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545493841,37914342628,NULL);
INSERT INTO events VALUES(58,'1m87dkvz12z0qy','request',NULL,1795545493901,37914401688,'{"request":"POST /v1.41/volumes/create","status":201}');
INSERT INTO events VALUES(59,'1m87dkvz12z0qy','done','mark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545493901,37914401924,NULL);
INSERT INTO events VALUES(60,'1m87dkvz12z0qy','doing','stop container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545493901,37914401926,NULL);
INSERT INTO events VALUES(61,'1m87dkvz12z0qy','request',NULL,1795545494121,37914622367,'{"request":"POST /v1.41/containers/ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e/stop","status":204}');
INSERT INTO events VALUES(62,'1m87dkvz12z0qy','done','stop container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494121,37914622476,NULL);
INSERT INTO events VALUES(63,'1m87dkvz12z0qy','doing','commit container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc as vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc:1m87dkvz12z0qy',1795545494121,37914622479,NULL);
INSERT INTO events VALUES(64,'1m87dkvz12z0qy','request',NULL,1795545494277,37914777945,'{"request":"POST /v1.41/commit","status":201}');
INSERT INTO events VALUES(65,'1m87dkvz12z0qy','done','commit container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc as vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc:1m87dkvz12z0qy',1795545494280,37914781345,NULL);
INSERT INTO events VALUES(66,'1m87dkvz12z0qy','doing','create container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.next',1795545494280,37914781349,NULL);
INSERT INTO events VALUES(67,'1m87dkvz12z0qy','request',NULL,1795545494344,37914845231,'{"request":"POST /v1.41/containers/create","status":201}');
INSERT INTO events VALUES(68,'1m87dkvz12z0qy','done','create container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.next',1795545494353,37914853865,NULL);
INSERT INTO events VALUES(69,'1m87dkvz12z0qy','doing','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.old-ba0df70b9dca',1795545494353,37914853868,NULL);
INSERT INTO events VALUES(70,'1m87dkvz12z0qy','request',NULL,1795545494375,37914876342,'{"request":"POST /v1.41/containers/ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e/rename","status":204}');
INSERT INTO events VALUES(71,'1m87dkvz12z0qy','done','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.old-ba0df70b9dca',1795545494375,37914876430,NULL);
INSERT INTO events VALUES(72,'1m87dkvz12z0qy','doing','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.next to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494375,37914876431,NULL);
INSERT INTO events VALUES(73,'1m87dkvz12z0qy','request',NULL,1795545494386,37914886743,'{"request":"POST /v1.41/containers/33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b/rename","status":204}');
INSERT INTO events VALUES(74,'1m87dkvz12z0qy','done','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.next to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494387,37914888398,NULL);
INSERT INTO events VALUES(75,'1m87dkvz12z0qy','doing','start container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494387,37914888399,NULL);
INSERT INTO events VALUES(76,'1m87dkvz12z0qy','request',NULL,1795545494811,37915312404,'{"request":"POST /v1.41/containers/33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b/start","status":204}');
INSERT INTO events VALUES(77,'1m87dkvz12z0qy','done','start container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494811,37915312501,NULL);
INSERT INTO events VALUES(78,'1m87dkvz12z0qy','doing','verify mounts of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494811,37915312503,NULL);
INSERT INTO events VALUES(79,'1m87dkvz12z0qy','done','verify mounts of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545494918,37915419619,NULL);
INSERT INTO events VALUES(80,'1m87dkvz12z0qy','doing','give VM vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc its restart policy',1795545494918,37915419622,NULL);
INSERT INTO events VALUES(81,'1m87dkvz12z0qy','request',NULL,1795545495000,37915501360,'{"request":"POST /v1.41/containers/33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b/update","status":200}');
INSERT INTO events VALUES(82,'1m87dkvz12z0qy','done','give VM vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc its restart policy',1795545495000,37915501465,NULL);
INSERT INTO events VALUES(83,'1m87dkvz12z0qy','doing','await agent of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545495000,37915501468,NULL);
INSERT INTO events VALUES(84,'1m87dkvz12z0qy','done','await agent of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545495753,37916254500,NULL);
INSERT INTO events VALUES(85,'1m87dkvz12z0qy','doing','remove old containers of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545495753,37916254504,NULL);
INSERT INTO events VALUES(86,'1m87dkvz12z0qy','request',NULL,1795545496042,37916543205,'{"request":"DELETE /v1.41/containers/ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e","status":204}');
INSERT INTO events VALUES(87,'1m87dkvz12z0qy','done','remove old containers of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545496043,37916543827,NULL);
INSERT INTO events VALUES(88,'1m87dkvz12z0qy','doing','remove unused images of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545496043,37916543829,NULL);
INSERT INTO events VALUES(89,'1m87dkvz12z0qy','done','remove unused images of vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545496046,37916546891,NULL);
INSERT INTO events VALUES(90,'1m87dkvz12z0qy','doing','unmark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545496046,37916546892,NULL);
INSERT INTO events VALUES(91,'1m87dkvz12z0qy','request',NULL,1795545496051,37916552261,'{"request":"DELETE /v1.41/volumes/vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.op","status":204}');
INSERT INTO events VALUES(92,'1m87dkvz12z0qy','done','unmark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545496051,37916552353,NULL);
INSERT INTO events VALUES(93,'1m87dkvz12z0qy','outcome',NULL,1795545496051,37916552572,'{"state":"done"}');
INSERT INTO events VALUES(94,'1m87dkvz12z0qy','replied',NULL,1795545496056,37916556910,'{"delivered":true}');
INSERT INTO events VALUES(95,'1m87dm93x38r5p','intent',NULL,1795545506942,37927443070,'{"method":"attach_disk","mutating":1,"plan":{"change":"nothing","disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","furtherNetworks":[],"macs":{},"method":"attach_disk","old":"33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b","operation":"1m87dm93x38r5p","restartPolicy":{"name":"","retries":0},"startedAt":"2026-11-24T18:38:14.803414584Z","tellsSettings":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc","wasRunning":true},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":7889,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3792740","user":0,"version":"0.1.0"},"subjects":[["vm","vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"],["disk","disk-ab1b4341-f448-467a-acd1-451ef1de62d0"]]}');
INSERT INTO events VALUES(96,'1m87dm93x38r5p','outcome',NULL,1795545507028,37927529016,'{"state":"done"}');
INSERT INTO events VALUES(97,'1m87dm93x38r5p','replied',NULL,1795545507043,37927544575,'{"delivered":true}');
INSERT INTO events VALUES(98,'1m87dmv7v0grt6','intent',NULL,1795545525500,37946000907,'{"method":"detach_disk","mutating":1,"plan":{"change":"replace","disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","furtherNetworks":[],"macs":{"n1":"02:42:0a:f4:09:0a"},"metadata":"{\"job\":\"db\"}","method":"detach_disk","old":"33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b","operation":"1m87dmv7v0grt6","restartPolicy":{"name":"unless-stopped","retries":0},"startedAt":"2026-11-24T18:38:14.803414584Z","tellsSettings":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc","wasRunning":true},"director":"d-1","request":"r-1","owner":{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":16159,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3794598","user":0,"version":"0.1.0"},"subjects":[["vm","vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"],["disk","disk-ab1b4341-f448-467a-acd1-451ef1de62d0"]]}');
INSERT INTO events VALUES(99,'1m87dmv7v0grt6','doing','mark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545525572,37946073639,NULL);
INSERT INTO events VALUES(100,'1m87dmv7v0grt6','request',NULL,1795545525587,37946087955,'{"request":"POST /v1.41/volumes/create","status":201}');
INSERT INTO events VALUES(101,'1m87dmv7v0grt6','done','mark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545525588,37946089263,NULL);
INSERT INTO events VALUES(102,'1m87dmv7v0grt6','doing','stop container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1795545525588,37946089265,NULL);
CREATE TABLE operations (
    id          TEXT PRIMARY KEY,
    method      TEXT    NOT NULL,
    state       TEXT    NOT NULL,  -- running, done, failed, rolled-back, parked
    direction   TEXT    NOT NULL,  -- forward, backward: once it goes backward it stays so
    step        TEXT,              -- the step it is at, or was at when it ended
    mutating    INTEGER NOT NULL,
    plan        TEXT,              -- JSON: all that recovery needs
    error       TEXT,
    attempts    INTEGER NOT NULL,  -- automatic recoveries begun
    started     INTEGER NOT NULL,  -- Unix time in milliseconds
    finished    INTEGER,
    duration    INTEGER,           -- microseconds
    replied     TEXT,              -- delivered, lost; absent: never written
    director    TEXT,
    request     TEXT,
    owner       TEXT               -- JSON: pid, start time, boot id, host, versions, daemon
, kept INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO operations VALUES('1m87dkra29rmqf','create_stemcell','done','forward','remove image stemcell:f168e521-a1db-46e1-9b48-d566e2be423d.new',1,'{"stemcell":"stemcell:f168e521-a1db-46e1-9b48-d566e2be423d"}',NULL,0,1795545489731,1795545491081,1350246,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":834,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791012","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dksyygwxm4','create_vm','done','forward','rename container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc.new to vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1,'{"agent":"agent","disks":[],"furtherNetworks":[],"furtherVolumes":[],"networks":[{"driver":"bridge","enableIPv6":false,"gateways":["10.244.9.1"],"ipv4":"10.244.9.10","isDefault":true,"isMissing":true,"mac":"02:42:0a:f4:09:0a","name":"n1","subnets":["10.244.9.0/24"]}],"settingsPath":"/var/vcap/bosh/warden-cpi-agent-env.json","stemcell":"stemcell:f168e521-a1db-46e1-9b48-d566e2be423d","systemd":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"}',NULL,0,1795545491423,1795545492709,1286632,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":1557,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791174","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dkvb5p08kg','create_disk','done','forward','create disk disk-ab1b4341-f448-467a-acd1-451ef1de62d0',1,'{"disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","isKept":false,"sizeMiB":64}',NULL,0,1795545492838,1795545492858,20121,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":2352,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791322","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dkveqn52xq','set_vm_metadata','done','forward',NULL,1,'{"metadata":{"job":"db"},"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc"}',NULL,0,1795545492960,1795545493000,39939,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":2419,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791337","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dkvnrmyp6z','attach_disk','failed','forward',NULL,1,NULL,'cannot find disk disk-none: no volume of that name',0,1795545493177,1795545493200,22979,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","host":"director","pid":2469,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791356","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dkvz12z0qy','attach_disk','done','forward','unmark vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1,'{"change":"replace","disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","furtherNetworks":[],"macs":{"n1":"02:42:0a:f4:09:0a"},"metadata":"{\"job\":\"db\"}","method":"attach_disk","old":"ba0df70b9dca174b38b72432dfc31be9efa39d42ccb15c1b7fbcbcc18109fc7e","operation":"1m87dkvz12z0qy","restartPolicy":{"name":"unless-stopped","retries":0},"startedAt":"2026-11-24T18:38:12.487745825Z","tellsSettings":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc","wasRunning":true,"why":"attach is set to restart"}',NULL,0,1795545493480,1795545496051,2571727,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":2599,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3791379","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dm93x38r5p','attach_disk','done','forward',NULL,1,'{"change":"nothing","disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","furtherNetworks":[],"macs":{},"method":"attach_disk","old":"33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b","operation":"1m87dm93x38r5p","restartPolicy":{"name":"","retries":0},"startedAt":"2026-11-24T18:38:14.803414584Z","tellsSettings":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc","wasRunning":true}',NULL,0,1795545506942,1795545507028,85946,'delivered','d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":7889,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3792740","user":0,"version":"0.1.0"}',0);
INSERT INTO operations VALUES('1m87dmv7v0grt6','detach_disk','running','forward','stop container vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc',1,'{"change":"replace","disk":"disk-ab1b4341-f448-467a-acd1-451ef1de62d0","furtherNetworks":[],"macs":{"n1":"02:42:0a:f4:09:0a"},"metadata":"{\"job\":\"db\"}","method":"detach_disk","old":"33fc4e51d4ca80e029e7c59341e6b989c014d37e09d1b4bca197239fe04da41b","operation":"1m87dmv7v0grt6","restartPolicy":{"name":"unless-stopped","retries":0},"startedAt":"2026-11-24T18:38:14.803414584Z","tellsSettings":false,"vm":"vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc","wasRunning":true}',NULL,0,1795545525500,NULL,NULL,NULL,'d-1','r-1','{"boot":"895b7241-1823-40c5-9d5e-0d02ce7d712d","daemon":{"address":"unix:///var/run/docker.sock","id":"ND3X:7PFT:6Q2U:7FX7:WL4B:7UWK:RDQ6:3UIA:SYAG:AMGF:GMU6:7O7R"},"host":"director","pid":16159,"place":"director 11112222333344445555666677778888 895b7241-1823-40c5-9d5e-0d02ce7d712d 65024:1016443","started":"3794598","user":0,"version":"0.1.0"}',0);
CREATE TABLE subjects (
    kind      TEXT NOT NULL,
    cid       TEXT NOT NULL,
    operation TEXT NOT NULL,
    PRIMARY KEY (cid, kind, operation)
) WITHOUT ROWID;
INSERT INTO subjects VALUES('stemcell','stemcell:f168e521-a1db-46e1-9b48-d566e2be423d','1m87dkra29rmqf');
INSERT INTO subjects VALUES('agent','agent','1m87dksyygwxm4');
INSERT INTO subjects VALUES('network','n1','1m87dksyygwxm4');
INSERT INTO subjects VALUES('stemcell','stemcell:f168e521-a1db-46e1-9b48-d566e2be423d','1m87dksyygwxm4');
INSERT INTO subjects VALUES('vm','vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc','1m87dksyygwxm4');
INSERT INTO subjects VALUES('disk','disk-ab1b4341-f448-467a-acd1-451ef1de62d0','1m87dkvb5p08kg');
INSERT INTO subjects VALUES('vm','vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc','1m87dkveqn52xq');
INSERT INTO subjects VALUES('disk','disk-none','1m87dkvnrmyp6z');
INSERT INTO subjects VALUES('vm','vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc','1m87dkvnrmyp6z');
INSERT INTO subjects VALUES('disk','disk-ab1b4341-f448-467a-acd1-451ef1de62d0','1m87dkvz12z0qy');
INSERT INTO subjects VALUES('vm','vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc','1m87dkvz12z0qy');
INSERT INTO subjects VALUES('disk','disk-ab1b4341-f448-467a-acd1-451ef1de62d0','1m87dm93x38r5p');
INSERT INTO subjects VALUES('vm','vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc','1m87dm93x38r5p');
INSERT INTO subjects VALUES('disk','disk-ab1b4341-f448-467a-acd1-451ef1de62d0','1m87dmv7v0grt6');
INSERT INTO subjects VALUES('vm','vm-f5adeb4a-e1ed-4e59-bc91-716014cef9bc','1m87dmv7v0grt6');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',102);
CREATE INDEX events_by_operation ON events (operation, sequence);
CREATE INDEX operations_by_start ON operations (started);
CREATE INDEX operations_open ON operations (started) WHERE state IN ('running', 'parked');
CREATE INDEX subjects_by_operation ON subjects (operation);
CREATE INDEX operations_to_prune ON operations (started, id) WHERE kept = 0 AND state NOT IN ('running', 'parked');
CREATE INDEX operations_by_method ON operations (method, started, state, duration);
CREATE INDEX operations_failed ON operations (started) WHERE state IN ('failed', 'rolled-back');
CREATE INDEX operations_by_request ON operations (request, started) WHERE request IS NOT NULL;
CREATE INDEX operations_by_director ON operations (director, started) WHERE director IS NOT NULL;
CREATE INDEX operations_unread ON operations (started) WHERE replied = 'lost';
PRAGMA user_version = 3;
