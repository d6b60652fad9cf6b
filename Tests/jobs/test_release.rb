#!/usr/bin/env ruby
# Tests of the BOSH release that dev/bosh-release makes of the last commit, with stand-ins for the executables: what is in
# it, that its digests are right, and that its package installs. Tests/jobs/test_release.rb

require "digest"
require "fileutils"
require "minitest/autorun"
require "open3"
require "rbconfig"
require "tmpdir"
require "yaml"

Encoding.default_external = Encoding::UTF_8 # whatever the locale
ROOT = File.expand_path("../..", __dir__)
MACHINE = `uname -m`.strip

class ReleaseTest < Minitest::Test
  def setup
    @directory = Dir.mktmpdir("docker_cpi release ")
  end

  def teardown
    FileUtils.remove_entry(@directory)
  end

  # What dev/release makes, as far as the package is concerned.
  def executables(machine, commit: `git -C #{ROOT} rev-parse HEAD`)
    name = "docker-cpi-9.9.9-linux-#{machine}"
    FileUtils.mkdir_p("#{@directory}/#{name}/bin")
    File.write("#{@directory}/#{name}/bin/docker-cpi", "#!/bin/sh\necho \"docker-cpi for #{machine}\"\n")
    FileUtils.chmod(0o755, "#{@directory}/#{name}/bin/docker-cpi")
    File.write("#{@directory}/#{name}/commit", commit)
    run!("tar", "-czf", "#{@directory}/#{name}.tar.gz", "-C", @directory, name)
    "#{@directory}/#{name}.tar.gz"
  end

  def run!(*command, **options)
    output, status = Open3.capture2e(*command, **options)
    assert status.success?, output
    output
  end

  # Makes the release and unpacks it.
  def make(*machines)
    file = run!("#{ROOT}/dev/bosh-release", *machines.map { |machine| executables(machine) }).lines.last.strip
    bytes = File.binread(file)
    FileUtils.rm([file, "#{file}.sha256"])
    unpack(bytes, "release")
    bytes
  end

  def unpack(bytes, name)
    FileUtils.mkdir_p("#{@directory}/#{name}")
    run!("tar", "-xz", "-C", "#{@directory}/#{name}", stdin_data: bytes, binmode: true)
  end

  def release(path) = File.binread("#{@directory}/release/#{path}")
  def manifest = YAML.safe_load(release("release.MF"))

  # Runs the packaging script as a compilation VM does.
  def package
    unpack(release("packages/docker_cpi.tgz"), "compile")
    FileUtils.mkdir_p("#{@directory}/installed")
    Open3.capture2e(
      { "BOSH_INSTALL_TARGET" => "#{@directory}/installed" }, "bash", "-x", "packaging",
      chdir: "#{@directory}/compile")
  end

  def test_takes_no_executables_of_another_commit
    output, status = Open3.capture2e("#{ROOT}/dev/bosh-release", executables(MACHINE, commit: "0" * 40))
    refute status.success?
    assert_includes output, "was not made of the last commit"
  end

  def test_names_what_is_in_it_by_digests
    make(MACHINE)
    assert_equal %w[docker-cpi 9.9.9], manifest.values_at("name", "version")
    job, package = manifest["jobs"].first, manifest["packages"].first
    assert_equal "sha256:#{Digest::SHA256.hexdigest(release("jobs/docker_cpi.tgz"))}", job["sha1"]
    assert_equal "sha256:#{Digest::SHA256.hexdigest(release("packages/docker_cpi.tgz"))}", package["sha1"]
    assert_equal "sha256:#{Digest::SHA256.hexdigest(release("license.tgz"))}", manifest.dig("license", "sha1")
    assert_equal ["docker_cpi"], job["packages"]
  end

  def test_has_the_job_with_every_template_of_its_spec
    make(MACHINE)
    unpack(release("jobs/docker_cpi.tgz"), "job")
    spec = YAML.safe_load(File.read("#{@directory}/job/job.MF"))
    assert_equal "docker_cpi", spec["name"]
    assert_path_exists "#{@directory}/job/monit"
    spec["templates"].each_key { |template| assert_path_exists "#{@directory}/job/templates/#{template}" }
    assert_equal "bin/cpi", spec["templates"]["cpi.erb"]
  end

  def test_the_package_installs_the_executables_of_this_machine
    make(MACHINE, MACHINE == "riscv64" ? "s390x" : "riscv64")
    output, status = package
    assert status.success?, output
    assert_includes output, "docker-cpi for #{MACHINE}"
    assert_path_exists "#{@directory}/installed/bin/docker-cpi"
  end

  def test_the_package_says_which_machines_it_is_for
    make("riscv64")
    output, status = package
    refute status.success?
    assert_includes output, "has no executables for #{MACHINE}"
  end

  def test_the_same_input_gives_the_same_bytes
    first = make(MACHINE)
    assert_equal Digest::SHA256.hexdigest(first), Digest::SHA256.hexdigest(again(MACHINE))
  end

  # Once more from the same tarball.
  def again(machine)
    tarball = "#{@directory}/docker-cpi-9.9.9-linux-#{machine}.tar.gz"
    file = run!("#{ROOT}/dev/bosh-release", tarball).lines.last.strip
    File.binread(file).tap { FileUtils.rm([file, "#{file}.sha256"]) }
  end
end
