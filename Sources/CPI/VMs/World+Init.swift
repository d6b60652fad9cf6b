import Engine

extension World {
    /// Waits until the container's first process is no longer its entry script, but the init that the
    /// script becomes at its end. False when it does not run, or is at the script still after a minute.
    ///
    /// Where the first process is another one (`PidMode` host, `Init`) this says nothing of the script.
    func hasBecomeInit(_ container: String) throws -> Bool {
        do {
            let look = ["/bin/sh", "-c", InitLook.script]
            return try engine.exec(container, look, seconds: 70).exitCode == 0
        } catch let error as EngineError where error.isNotRunning {
            return false
        }
    }
}

/// How it is seen from inside a VM that its entry script has become the init.
enum InitLook {
    /// One look from inside, which sees the change within 20 ms. A container's process is still Docker's
    /// own (`runc:[2:INIT]`) for a moment before it becomes the shell.
    static let script = """
        n=0
        while read -r name </proc/1/comm; do
          case $name in
          sh|runc*|crun*) ;;
          *) exit 0 ;;
          esac
          [ $n -lt 3000 ] || exit 1
          n=$((n + 1))
          sleep 0.02
        done
        exit 1

        """
}
