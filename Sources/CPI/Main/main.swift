import CPI
import Glibc

exit(CPI.main(Array(CommandLine.arguments.dropFirst())))
