# Every error text of the source is in docs/troubleshooting.md: by the longest part of its first clause that does not vary.
require "minitest/autorun"

class TroubleshootingTest < Minitest::Test
  ROOT = File.expand_path("../..", __dir__)
  TEXT = File.read("#{ROOT}/docs/troubleshooting.md").gsub(/[*`\s]+/, " ")

  # What a call or recovery can fail with.
  ERRORS = /\b(?:CPIError(?:\.cloud)?\((?=\s*(?:kind:|\n|"))|(?:CannotLook|LastCopy|NothingDone|SilentDaemon)\()/

  # The arguments of every such error, as far as they are literal text.
  def messages
    Dir["#{ROOT}/Sources/CPI/**/*.swift"].sort.flat_map do |file|
      source = File.read(file)
      source.enum_for(:scan, ERRORS).map do
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

  LITERAL = /"((?:\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\\.|[^"\\])*)"/
  INTERPOLATION = /\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\\n/

  # What does not vary in the first clause, longest part first: what follows a semicolon or colon is advice, or the words
  # of somebody else. Literals with "?" or ":" between them are alternatives, and no one text.
  def literals(code)
    text = ""
    until (match = LITERAL.match(code)).nil?
      text << (match.pre_match =~ /[?:]/ ? "\0" : "") << match[1].gsub(INTERPOLATION, "\0")
      code = match.post_match
    end
    clause = text.split(/[;:]/).find { |one| one.split("\0").any? { |part| part.strip.size >= 8 } }
    clause.to_s.split("\0").sort_by { |part| -part.size }
  end

  def test_every_error_text_is_there
    seen = 0
    missing = messages.filter_map do |file, parts|
      longest = parts.first.to_s.gsub(/\s+/, " ").gsub(/\A[^a-zA-Z]+|[^a-zA-Z]+\z/, "")
      next if longest.size < 8 # the text of somebody else, passed on
      seen += 1
      "#{file}: #{longest}" unless TEXT.include?(longest)
    end
    assert_operator seen, :>, 70, "the messages are not found in the source any more"
    assert_empty missing, missing.join("\n")
  end
end
