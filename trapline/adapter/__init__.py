"""`trapline dap`: the Debug Adapter Protocol over a debugger and its history. There is no logic of debugging here.

Read `framing` (bytes to messages), `link` (a client), `dispatch` (a request to what answers it) and `session` (what is
kept meanwhile); then one module for each kind of request: `lifecycle`, `movement`, `breakpoints`, `stack`, `values`,
`storage`, `sources`. `serving` is the way in. docs/debug-adapter.md has what a client is promised.
"""
