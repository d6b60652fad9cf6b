extension WireProxy {
    enum Fault: String, Sendable {
        /// SIGKILL to the CPI: the request never reaches Docker.
        case killBefore
        /// SIGKILL to the CPI: Docker has done it, nobody saw the reply.
        case killAfter
        /// The connection is cut; Docker has done it.
        case dropReply
        /// The connection is cut before Docker sees the request.
        case cut
        /// Docker says that it cannot.
        case status500
        /// Docker gets the request a second later.
        case delay
        /// Docker says that it cannot, however often it is asked.
        case broken

        /// Those of the crash matrix.
        static let all: [Fault] = [.killBefore, .killAfter, .dropReply, .cut, .status500, .delay]

        /// Three times Docker says that the thing is just being removed; then it does what is asked.
        case busy
        /// Docker never hears of it: a proxy has a page of its own for what it does not find.
        case page
        /// No answer, and Docker does it seconds later, when the caller has given it up.
        case late
        /// No answer at all; Docker never hears of it.
        case hang
        /// SIGKILL to the CPI while Docker is at it, which goes on to the end.
        case killDuring
        /// Nothing: something else happens at this moment (`onFault`).
        case pass
    }

    /// What nginx answers.
    static let page = Array(
        """
        HTTP/1.1 404 Not Found\r
        Content-Type: text/html\r
        Content-Length: 48\r
        Connection: close\r
        \r
        <html><body><h1>404 Not Found</h1></body></html>
        """.utf8)
}
