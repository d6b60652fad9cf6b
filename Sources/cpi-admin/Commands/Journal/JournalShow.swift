import ArgumentParser
import CPI
import Journal

struct JournalShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one operation: what happened, what Docker says now, what to do.",
        discussion: """
            Without Docker, or with --offline, all but the present is shown: a journal that was copied \
            to another machine can be read there with --journal FILE.
            """)

    @OptionGroup var source: Source
    @Argument(
        help: "The operation's id, the beginning of it, 'last', or 'last:METHOD'.")
    var id: String
    @Flag(help: "Show all requests to Docker, and 64-digit ids in full.")
    var requests = false
    @Flag(help: "Do not ask Docker.")
    var offline = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            let view = try OperationReader(journal).view(try journal.operation(id))
            let events = try journal.events(of: view.operation.id)
            let story = Story(
                view: view, events: events,
                present: Present(
                    view, lastEvent: events.last?.at, source, offline: offline))
            print(json ? story.json.text : StoryText(story: story, isLong: requests).text)
        }
    }
}
