# docs/configuration.md is what dev/configuration makes of the job's properties.
require "minitest/autorun"

class ConfigurationTest < Minitest::Test
  ROOT = File.expand_path("../..", __dir__)

  def test_it_is_made_from_the_spec
    made = IO.popen(["ruby", "#{ROOT}/dev/configuration"], &:read)
    assert made == File.read("#{ROOT}/docs/configuration.md"), "make it anew: dev/configuration >docs/configuration.md"
    assert made.lines.grep(/^\| `docker_cpi\./).size > 20
  end
end
