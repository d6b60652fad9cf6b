# Every error text of the source is in docs/troubleshooting.md: by its longest part that does not vary.
require "minitest/autorun"

class TroubleshootingTest < Minitest::Test
  ROOT = File.expand_path("../..", __dir__)
  TEXT = File.read("#{ROOT}/docs/troubleshooting.md").gsub(/[*`\s]+/, " ")

  # The arguments of every CPIError(…), as far as they are literal text.
  def messages
    Dir["#{ROOT}/Sources/CPI/**/*.swift"].sort.flat_map do |file|
      source = File.read(file)
      source.enum_for(:scan, /\bCPIError\((?=\s*(?:kind:|\n))/).map do
        [File.basename(file), literals(arguments(source, Regexp.last_match.end(0)))]
      end
    end
  end

  def arguments(source, start)
    depth = 1
    stop = (start...source.size).find do |i|
      depth += { "(" => 1, ")" => -1 }.fetch(source[i], 0)
      depth.zero?
    end
    source[start...stop]
  end

  # What is between the interpolations of the string literals, longest first.
  def literals(code)
    strings = code.scan(/"((?:\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\\.|[^"\\])*)"/).flatten
    strings.join.split(/\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\\n/).sort_by { |part| -part.size }
  end

  def test_every_error_text_is_there
    seen = 0
    missing = messages.filter_map do |file, parts|
      longest = parts.first.to_s.gsub(/\s+/, " ").gsub(/\A[^a-zA-Z]+|[^a-zA-Z]+\z/, "")
      next if longest.size < 8 # the text of somebody else, passed on
      seen += 1
      # A part of a sentence is enough: what follows a colon or semicolon is advice.
      pieces = longest.split(/[;:,(] ?/).reject { |piece| piece.size < 8 }
      "#{file}: #{longest}" unless pieces.any? { |piece| TEXT.include?(piece) }
    end
    assert_operator seen, :>, 70, "the messages are not found in the source any more"
    assert_empty missing, missing.join("\n")
  end
end
