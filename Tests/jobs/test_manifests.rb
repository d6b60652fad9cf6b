#!/usr/bin/env ruby
# Tests of manifests/: that they are YAML, name only what the job's spec and bosh-deployment's manifest have, and make a
# configuration. Tests/jobs/test_manifests.rb

require "json"
require "minitest/autorun"
require "open3"
require "tempfile"
require "yaml"

Encoding.default_external = Encoding::UTF_8 # whatever the locale
ROOT = File.expand_path("../..", __dir__)
SPEC = YAML.safe_load(File.read("#{ROOT}/jobs/docker_cpi/spec"))["properties"]

class ManifestTest < Minitest::Test
  # A manifest with ((variables)) given values.
  def manifest(name, variables = {})
    text = File.read("#{ROOT}/manifests/#{name}")
    YAML.safe_load(text.gsub(/\(\(([\w.]+)\)\)/) { variables.fetch($1, $1.end_with?("_directory") ? "/x" : "x") })
  end

  # What the job makes of these properties.
  def configuration(properties)
    Tempfile.create("properties") do |file|
      file.write(JSON.generate(properties))
      file.close
      output, errors, status = Open3.capture3("#{ROOT}/dev/render-job", "cpi.json.erb", file.path)
      assert status.success?, errors
      JSON.parse(output)
    end
  end

  # Dotted names of the leaves.
  def names(value, prefix = nil)
    return [prefix] unless value.is_a?(Hash)

    value.flat_map { |key, inner| names(inner, [prefix, key].compact.join(".")) }
  end

  # Applies one operation of an ops file; every part of its path must be there, but for a list that ends with "?".
  def apply(document, operation)
    *parents, last = operation["path"].delete_prefix("/").split("/")
    owner = parents.reduce(document) { |value, part| step(value, part) }
    if last == "-"
      owner << operation["value"]
    elsif last.include?("=")
      key, wanted = last.split("=")
      index = owner.index { |item| item[key] == wanted }
      refute_nil index, operation["path"]
      owner[index] = operation["value"]
    else
      assert owner.key?(last), operation["path"]
      owner[last] = operation["value"]
    end
  end

  def step(value, part)
    return value[part.chop] ||= [] if part.end_with?("?")

    key, wanted = part.split("=")
    found = wanted ? value.find { |item| item[key] == wanted } : value[key]
    refute_nil found, part
    found
  end

  # bosh-deployment's manifest after its docker/cpi.yml, as far as the CPI is in it.
  def director
    job = { "name" => "docker_cpi", "release" => "bosh-docker-cpi" }
    {
      "releases" => [{ "name" => "bosh" }, { "name" => "bosh-docker-cpi", "version" => "1" }],
      "instance_groups" => [{
        "name" => "bosh", "jobs" => [{ "name" => "director", "release" => "bosh" }, job.dup],
        "properties" => { "director" => { "cpi_job" => "docker_cpi" } },
      }],
      "cloud_provider" => { "template" => job.dup },
    }
  end

  VOLUMES = [
    { "path" => "/var/vcap/store/docker_cpi", "writable" => true, "mount_only" => true },
    { "path" => "/var/tmp/docker_cpi.locks", "writable" => true, "mount_only" => true },
  ].freeze

  def volumes(manifest)
    manifest["instance_groups"][0]["properties"]["director"]
  end

  def test_the_ops_file_keeps_the_volumes_that_others_have_added
    changed = director
    socket = { "path" => "/docker/docker.sock", "writable" => true }
    volumes(changed)["cpi_additional_volumes"] = [socket]
    manifest("use-docker-cpi.yml").each { |one| apply(changed, one) }
    assert_equal [socket] + VOLUMES, volumes(changed)["cpi_additional_volumes"]
    assert_equal SPEC["docker_cpi.journal.directory"]["default"], VOLUMES[0]["path"]
  end

  def test_the_ops_file_changes_the_release_and_adds_the_volumes_of_workers_and_nothing_else
    changed = director
    manifest("use-docker-cpi.yml", "docker_cpi_release" => "/r.tgz").each { |one| apply(changed, one) }
    expected = JSON.parse(JSON.generate(director).gsub('"release":"bosh-docker-cpi"', '"release":"docker-cpi"'))
    expected["releases"][1] = { "name" => "docker-cpi", "url" => "file:///r.tgz" }
    volumes(expected)["cpi_additional_volumes"] = VOLUMES
    assert_equal expected, changed
    assert_equal YAML.safe_load(File.read("#{ROOT}/config/final.yml"))["name"], changed.dig("cloud_provider", "template", "release")
  end

  def test_create_env_names_only_properties_of_the_job
    properties = manifest("create-env.yml")["cloud_provider"]["properties"]
    ours = names("docker_cpi" => properties["docker_cpi"])
    assert_empty ours - SPEC.keys
    made = configuration(properties.merge("docker_cpi" => properties["docker_cpi"]))
    assert_equal "https://mbus:x@0.0.0.0:6868", made.dig("Actions", "Agent", "Mbus")
  end

  def test_create_env_refers_to_what_is_in_it
    env = manifest("create-env.yml")
    group = env["instance_groups"].first
    assert_includes env["resource_pools"].map { |pool| pool["name"] }, group["resource_pool"]
    assert_includes env["disk_pools"].map { |pool| pool["name"] }, group["persistent_disk_pool"]
    assert_includes env["releases"].map { |release| release["name"] }, env.dig("cloud_provider", "template", "release")
  end

  def test_the_cloud_config_refers_to_what_is_in_it
    cloud = manifest("cloud-config.yml")
    assert_includes cloud["vm_types"].map { |type| type["name"] }, cloud.dig("compilation", "vm_type")
    assert_includes cloud["networks"].map { |network| network["name"] }, cloud.dig("compilation", "network")
  end

  def test_each_cpi_of_the_cpi_config_has_what_the_go_cpi_needs_too
    manifest("cpi-config.yml")["cpis"].each do |cpi|
      assert_equal "docker", cpi["type"] # the director finds /var/vcap/jobs/docker_cpi/bin/cpi by it
      assert_equal %w[host tls], cpi["properties"].keys
    end
  end
end
