-- For lists by what operators ask for: a journal of a million events answers without reading all of its operations.
CREATE INDEX operations_by_method ON operations (method, started, state, duration);
CREATE INDEX operations_failed ON operations (started) WHERE state IN ('failed', 'rolled-back');
CREATE INDEX operations_by_request ON operations (request, started) WHERE request IS NOT NULL;
CREATE INDEX operations_by_director ON operations (director, started) WHERE director IS NOT NULL;
CREATE INDEX operations_unread ON operations (started) WHERE replied = 'lost';
