#!/usr/bin/env ruby
# Tests of the docker_cpi job, rendered by dev/render-job. Need ruby (with its bundled minitest) and
# bash: Tests/jobs/test_templates.rb

require "fileutils"
require "json"
require "minitest/autorun"
require "open3"
require "tmpdir"
require "yaml"

Encoding.default_external = Encoding::UTF_8 # whatever the locale

ROOT = File.expand_path("../..", __dir__)
JOB = "#{ROOT}/jobs/docker_cpi"
RENDER = "#{ROOT}/dev/render-job"
SPEC = YAML.safe_load(File.read("#{JOB}/spec"))

# Rendering, and a directory per test.
class TemplateTest < Minitest::Test
  def setup
    @directory = Dir.mktmpdir("docker_cpi job ")
  end

  def teardown
    FileUtils.remove_entry(@directory)
  end

  def try_render(template, properties)
    file = "#{@directory}/properties.json"
    File.write(file, JSON.generate(properties))
    Open3.capture3(RENDER, template, file)
  end

  def render(template, properties = {})
    text, errors, status = try_render(template, properties)
    assert status.success?, errors
    text
  end

  def config(properties = {})
    JSON.parse(render("cpi.json.erb", properties))
  end
end

class ConfigTest < TemplateTest
  DEFAULTS = {
    "mount_cgroupfs" => true,
    "enable_lxcfs_support" => false,
    "light_stemcell" => { "require_image_verification" => true, "registry" => {} },
    "Actions" => {
      "Docker" => { "host" => "unix:///var/run/docker.sock" },
      "Agent" => { "NTP" => [], "Blobstore" => { "Provider" => "dav", "Options" => {} } },
    },
    "journal" => {
      "directory" => "/var/vcap/store/docker_cpi",
      "retention_days" => 90,
      "recover_on_call" => true,
    },
    "timeouts" => {
      "request" => 60,
      "stop" => 10,
      "agent_ready" => 60,
      "agent_ready_on_create" => 0,
      "lock" => 300,
    },
    "attach" => "auto",
    "disks" => { "pin" => "attached" },
    "networks" => { "remove_unused" => false },
    "stemcells" => { "allow_emulation" => false },
    "snapshots" => { "pause_limit" => 20 },
    "privileged" => true,
  }.freeze

  TLS = { "ca" => "CA\n", "certificate" => "CERT\n", "private_key" => "KEY\n" }.freeze
  REGISTRY = { "r.example:5000" => { "username" => "u", "password" => "p" } }.freeze

  def docker(properties)
    config("docker_cpi" => { "docker" => properties })["Actions"]["Docker"]
  end

  def test_defaults_give_this_document
    assert_equal DEFAULTS, config
  end

  def test_every_property_reaches_its_key
    given = {
      "docker_cpi" => {
        "docker" => { "host" => "tcp://10.0.0.1:2376", "api_version" => "1.41", "tls" => TLS },
        "agent" => {
          "mbus" => "nats://10.0.0.2:4222",
          "ntp" => ["10.0.0.3"],
          "blobstore" => { "provider" => "s3", "options" => { "bucket_name" => "b" } },
          "settings_path" => "/settings.json",
        },
        "start_containers_with_systemd" => true,
        "mount_cgroupfs" => false,
        "enable_lxcfs_support" => true,
        "privileged" => false,
        "attach" => "restart",
        "disks" => { "pin" => "always" },
        "networks" => { "remove_unused" => true },
        "stemcells" => { "allow_emulation" => true },
        "snapshots" => { "pause_limit" => 0 },
        "light_stemcell" => { "require_image_verification" => false, "registry" => REGISTRY },
        "journal" => { "directory" => "/j", "retention_days" => 1, "recover_on_call" => false },
        "timeouts" => {
          "request" => 1, "stop" => 2, "lock" => 3,
          "agent_ready" => 4, "agent_ready_on_create" => 5,
        },
      },
    }
    wanted = {
      "start_containers_with_systemd" => true,
      "mount_cgroupfs" => false,
      "enable_lxcfs_support" => true,
      "light_stemcell" => { "require_image_verification" => false, "registry" => REGISTRY },
      "Actions" => {
        "Docker" => { "host" => "tcp://10.0.0.1:2376", "api_version" => "1.41", "tls" => TLS },
        "Agent" => {
          "Mbus" => "nats://10.0.0.2:4222",
          "NTP" => ["10.0.0.3"],
          "Blobstore" => { "Provider" => "s3", "Options" => { "bucket_name" => "b" } },
        },
      },
      "journal" => given["docker_cpi"]["journal"],
      "timeouts" => given["docker_cpi"]["timeouts"],
      "attach" => "restart",
      "disks" => { "pin" => "always" },
      "networks" => { "remove_unused" => true },
      "stemcells" => { "allow_emulation" => true },
      "snapshots" => { "pause_limit" => 0 },
      "privileged" => false,
      "agent_settings_path" => "/settings.json",
    }
    assert_equal wanted, config(given)
  end

  def test_a_tcp_host_may_be_plain
    refute docker("host" => "tcp://10.0.0.1:2375").key?("tls")
  end

  def test_an_empty_certificate_is_none
    [{}, "", nil, false].each { |none| refute docker("tls" => none).key?("tls"), none.inspect }
  end

  def test_a_unix_host_needs_no_certificate_whatever_is_given
    [{ "ca" => "unused" }, "unused", true, TLS].each { |any| refute docker("tls" => any).key?("tls"), any.inspect }
  end

  def test_a_value_of_a_wrong_type_fails_before_the_director_is_up
    {
      "docker_cpi.docker.api_version" => 1.44, "docker_cpi.timeouts.request" => "60",
      "docker_cpi.journal.retention_days" => "90", "docker_cpi.snapshots.pause_limit" => "20",
      "docker_cpi.attach" => "live", "docker_cpi.disks.pin" => true, "docker_cpi.journal.directory" => "journal",
      "docker_cpi.agent.ntp" => "time.example",
    }.each do |name, value|
      text, errors, status = try_render("cpi.json.erb", name => value)
      refute status.success?, name
      assert_empty text
      assert_match name, errors
    end
  end

  def test_half_a_certificate_is_refused_by_name
    half = {
      "docker_cpi.docker.host" => "tcp://10.0.0.1:2376",
      "docker_cpi.docker.tls" => { "ca" => "CA", "certificate" => "CERT" },
    }
    text, errors, status = try_render("cpi.json.erb", half)
    refute status.success?
    assert_empty text
    assert_match "docker_cpi.docker.tls.private_key", errors
  end

  def test_a_null_blobstore_means_the_defaults
    assert_equal DEFAULTS, config("docker_cpi" => { "agent" => { "blobstore" => nil } })
  end

  def test_dotted_names_are_taken_too
    given = {
      "docker_cpi.timeouts.stop" => 7, "docker_cpi.docker.tls" => TLS,
      "docker_cpi.docker.host" => "tcp://10.0.0.1:2376",
    }
    assert_equal 7, config(given)["timeouts"]["stop"]
    assert_equal TLS, config(given)["Actions"]["Docker"]["tls"]
  end
end

class SpecTest < TemplateTest
  TEMPLATES = Dir["#{JOB}/templates/*"].to_h { |path| [File.basename(path), File.read(path)] }

  # Declared for the sake of existing manifests, without effect.
  WITHOUT_EFFECT = ["docker_cpi.host_ip"].freeze

  def asked_for
    calls = TEMPLATES.values.flat_map { |text| text.scan(/\b(?:p|if_p|else_if_p)\(([^)]*)\)/) }
    calls.flatten.flat_map { |arguments| arguments.scan(/["']([a-z_.]+)["']/) }.flatten.uniq
  end

  def within?(name, declared)
    name == declared || name.start_with?("#{declared}.")
  end

  def test_every_property_is_used_by_a_template
    unused = SPEC["properties"].keys.reject { |name| asked_for.any? { |ask| within?(ask, name) } }
    assert_equal WITHOUT_EFFECT, unused
  end

  def test_every_property_asked_for_is_declared
    declared = SPEC["properties"].keys
    undeclared = asked_for.reject { |ask| declared.any? { |name| within?(ask, name) } }
    assert_empty undeclared
    refute_empty asked_for
  end

  def test_every_property_has_a_short_description
    SPEC["properties"].each do |name, details|
      lines = details["description"].to_s.lines.length
      assert_includes 1..3, lines, "#{name} is described in #{lines} lines"
    end
  end

  def test_templates_are_the_files_that_are_there
    assert_equal TEMPLATES.keys.sort, SPEC["templates"].keys.sort
    targets = {
      "cpi.erb" => "bin/cpi", "cpi.json.erb" => "config/cpi.json", "cpi-admin.erb" => "bin/cpi-admin",
      "pre-start.erb" => "bin/pre-start",
    }
    assert_equal targets, SPEC["templates"]
    assert_equal ["docker_cpi"], SPEC["packages"]
  end

  def test_monit_watches_nothing
    assert_empty File.read("#{JOB}/monit")
  end
end

class WrapperTest < TemplateTest
  # All that the director leaves in the environment.
  BARE = { "PATH" => "/usr/sbin:/usr/bin:/sbin:/bin" }.freeze

  NASTY = %q(http://u:p@h:1/ '"$HOME`id`$(id);\\&|<*>) + "\nline é"

  # A stand-in for the CPI: says how it was started and what it was sent.
  FAKE = <<~'SHELL'
    #!/bin/bash
    printf '%s\0' "$#" "$@" "$(cat)" "$HTTP_PROXY" "$http_proxy" "$HTTPS_PROXY" "$https_proxy" \
        "$NO_PROXY" "$no_proxy"
    exit 3
  SHELL

  def packages
    @packages ||= "#{@directory}/pack ages"
  end

  def install(content, mode)
    path = "#{packages}/docker_cpi/bin/docker-cpi"
    FileUtils.mkdir_p(File.dirname(path))
    File.binwrite(path, content)
    File.chmod(mode, path)
  end

  def run_wrapper(properties: {}, request: "{}")
    wrapper = "#{@directory}/cpi"
    File.write(wrapper, render("cpi.erb", properties))
    File.chmod(0o755, wrapper)
    places = { "BOSH_PACKAGES_DIR" => packages, "BOSH_JOBS_DIR" => "#{@directory}/jo bs" }
    errors = "#{@directory}/stderr"
    options = { unsetenv_others: true, err: errors }
    Open3.popen2(BARE.merge(places), wrapper, **options) do |input, output, child|
      input.write(request) # raises EPIPE, as it does in the director, if nobody reads it
      input.close
      [output.read, File.read(errors), child.value]
    end
  end

  # Checks the answer that stands in for the CPI's own, and gives its message.
  def assert_error(answer, status)
    assert_equal 0, status.exitstatus
    document = JSON.parse(answer)
    assert_equal %w[result error log], document.keys
    assert_nil document["result"]
    assert_equal "", document["log"]
    assert_equal %w[type message ok_to_retry], document["error"].keys
    assert_equal "Bosh::Clouds::CpiError", document["error"]["type"]
    assert_equal false, document["error"]["ok_to_retry"]
    document["error"]["message"]
  end

  def test_it_is_valid_bash
    proxies = { "http_proxy" => NASTY, "https_proxy" => NASTY, "no_proxy" => NASTY }
    [{}, { "env" => proxies }].each do |properties|
      text = render("cpi.erb", properties)
      assert text.start_with?("#!/bin/bash\n")
      output, status = Open3.capture2e("bash", "-n", stdin_data: text)
      assert status.success?, output
      assert_empty output
    end
  end

  def test_it_becomes_the_cpi
    install(FAKE, 0o755)
    answer, errors, status = run_wrapper(request: '{"method":"info"}')
    started = ["2", "-configPath", "#{@directory}/jo bs/docker_cpi/config/cpi.json"]
    assert_equal started + ['{"method":"info"}'] + [""] * 6, answer.split("\0", -1)[0..-2]
    assert_empty errors
    assert_equal 3, status.exitstatus
  end

  def test_it_falls_back_to_the_directories_of_bosh
    text = render("cpi.erb")
    assert_includes text, "${BOSH_PACKAGES_DIR:-/var/vcap/packages}"
    assert_includes text, "${BOSH_JOBS_DIR:-/var/vcap/jobs}"
  end

  def test_it_exports_proxies_as_they_are
    install(FAKE, 0o755)
    properties = { "env" => { "http_proxy" => NASTY, "https_proxy" => "s", "no_proxy" => "a,b" } }
    answer, errors, = run_wrapper(properties: properties)
    assert_equal [NASTY, NASTY, "s", "s", "a,b", "a,b"], answer.split("\0", -1)[-7..-2]
    assert_empty errors
  end

  def test_a_missing_cpi_is_an_answer
    answer, _, status = run_wrapper
    assert_match "cannot run #{packages}/docker_cpi/bin/docker-cpi", assert_error(answer, status)
  end

  def test_a_cpi_that_is_not_executable_is_an_answer
    install(FAKE, 0o644)
    answer, _, status = run_wrapper
    assert_error(answer, status)
  end

  def test_a_cpi_for_another_platform_is_an_answer
    install("\xCF\xFA\xED\xFE\0\0\0\0".b, 0o755)
    answer, _, status = run_wrapper
    assert_error(answer, status)
  end

  def test_a_missing_cpi_still_reads_its_request
    answer, _, status = run_wrapper(request: "x" * 1_000_000)
    assert_error(answer, status)
  end

  def test_the_answer_is_json_for_any_directory
    @packages = "#{@directory}/a\"b\\c&d%se\tf\ng é"
    answer, _, status = run_wrapper
    assert_includes assert_error(answer, status), "/a\"b\\c&d%se?f?g é/docker_cpi"
  end
end

class PreStartTest < TemplateTest
  def run_it(succeeds: true)
    @journal = "#{@directory}/it's a journal"
    @link = "#{@directory}/cpi-admin"
    @locks = "#{@directory}/locks"
    script = render("pre-start.erb", "docker_cpi" => { "journal" => { "directory" => @journal } })
    output, status = Open3.capture2e({ "CPI_ADMIN_LINK" => @link, "DOCKER_CPI_LOCKS" => @locks }, "bash", stdin_data: script)
    assert_equal succeeds, status.success?, output
    output
  end

  def test_it_makes_a_private_directory_for_the_journal
    run_it
    assert_equal 0o700, File.stat(@journal).mode & 0o777
  end

  def test_it_takes_no_directory_that_is_somebodys
    journal = "#{@directory}/it's a journal"
    Dir.mkdir(journal)
    File.chmod(0o755, journal)
    File.write("#{journal}/somebody's", "")
    assert_includes run_it(succeeds: false), "must be a directory of its own"
    assert_equal 0o755, File.stat(journal).mode & 0o777
    File.write("#{journal}/journal.db", "")
    run_it
    assert_equal 0o700, File.stat(journal).mode & 0o777
  end

  def test_it_goes_on_without_cpi_admin_in_the_path
    @link = "#{@directory}/nowhere/cpi-admin"
    script = render("pre-start.erb", "docker_cpi" => { "journal" => { "directory" => "#{@directory}/journal" } })
    environment = { "CPI_ADMIN_LINK" => @link, "DOCKER_CPI_LOCKS" => "#{@directory}/locks" }
    output, status = Open3.capture2e(environment, "bash", stdin_data: script)
    assert status.success?, output
    assert_includes output, "could not be made"
  end

  def test_it_makes_the_directory_of_the_locks
    2.times { run_it }
    assert_equal 0o700, File.stat(@locks).mode & 0o777
  end

  def test_it_follows_no_link_to_the_locks
    target = "#{@directory}/target"
    Dir.mkdir(target, 0o755)
    File.symlink(target, "#{@directory}/locks")
    run_it
    assert_equal 0o755, File.stat(target).mode & 0o777
    assert_equal Process.uid, File.stat(target).uid
  end

  def test_it_puts_cpi_admin_in_the_path_again_and_again
    2.times { run_it }
    assert_includes File.read(@link), "/var/vcap/jobs/docker_cpi/bin/cpi-admin"
    assert File.executable?(@link)
  end

  def test_it_leaves_another_cpi_admin_alone
    File.write("#{@directory}/cpi-admin", "mine")
    run_it
    assert_equal "mine", File.read(@link)
  end
end

class AdminWrapperTest < TemplateTest
  # Below the operator's home, and through a link as on a director.
  def test_it_finds_its_configuration_and_its_package
    root = "#{@directory}/an installation"
    FileUtils.mkdir_p(["#{root}/data/docker_cpi/bin", "#{root}/jobs", "#{root}/packages/docker_cpi/bin"])
    FileUtils.ln_s("#{root}/data/docker_cpi", "#{root}/jobs/docker_cpi")
    wrapper = "#{root}/jobs/docker_cpi/bin/cpi-admin"
    File.write(wrapper, render("cpi-admin.erb"))
    program = "#{root}/packages/docker_cpi/bin/cpi-admin"
    File.write(program, "#!/bin/sh\necho \"$DOCKER_CPI_CONFIG $*\"\n")
    FileUtils.chmod(0o755, [wrapper, program])
    output, status = Open3.capture2e(wrapper, "journal", "--open")
    assert status.success?, output
    assert_equal "#{root}/jobs/docker_cpi/config/cpi.json journal --open\n", output
  end
end

# dev/render-job itself, on templates of its own.
class RenderJobTest < TemplateTest
  def try_text(text, properties = {})
    file = "#{@directory}/template.erb"
    File.write(file, text)
    try_render(file, properties)
  end

  def evaluate(text, properties = {})
    output, errors, status = try_text(text, properties)
    assert status.success?, errors
    output
  end

  def test_p_takes_the_first_that_has_a_value_then_the_default
    given = { "env" => { "no_proxy" => "n" } }
    assert_equal "n", evaluate('<%= p(["env.http_proxy", "env.no_proxy"]) %>', given)
    assert_equal "d", evaluate('<%= p("env.http_proxy", "d") %>', given)
    off = { "docker_cpi.privileged" => false }
    assert_equal "false", evaluate('<%= p("docker_cpi.privileged") %>', off)
  end

  def test_if_p_takes_the_first_branch_that_has_values
    text = <<~ERB
      <% if_p("env.http_proxy", "env.no_proxy") do |a, b| -%>
      both <%= a %> <%= b %>
      <% end.else_if_p("env.http_proxy") do |a| -%>
      one <%= a %>
      <% end.else do -%>
      none
      <% end -%>
    ERB
    assert_equal "both a b\n", evaluate(text, "env" => { "http_proxy" => "a", "no_proxy" => "b" })
    assert_equal "one a\n", evaluate(text, "env" => { "http_proxy" => "a" })
    assert_equal "none\n", evaluate(text, "env" => { "no_proxy" => "b" })
  end

  def test_spec_describes_the_instance
    assert_equal "docker_cpi 0", evaluate("<%= spec.name %> <%= spec.index %>")
  end

  def test_a_property_without_value_or_default_is_an_error
    output, errors, status = try_text('<%= p("env.http_proxy") %>')
    refute status.success?
    assert_empty output
    assert_match "cannot find a value for property env.http_proxy", errors
  end

  def test_a_property_that_is_not_declared_is_an_error
    ['<%= p("docker_cpi.no", 1) %>', '<% if_p("docker_cpi.no") { } %>'].each do |text|
      _, errors, status = try_text(text, "docker_cpi" => { "no" => 1 })
      refute status.success?
      assert_match "property docker_cpi.no is not in the spec", errors
    end
  end
end
