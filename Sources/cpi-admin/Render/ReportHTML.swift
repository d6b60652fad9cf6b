import Mustache

/// A report as one HTML file without any outside resource. The template escapes every value.
enum ReportHTML {
    /// Throws when the template cannot be parsed, which a test would have shown.
    static func text(_ report: IncidentReport) throws -> String {
        let source = String(decoding: PackageResources.report_mustache, as: UTF8.self)
        return try MustacheTemplate(string: source).render(report)
    }
}
