// The files that somebody finds who opens the page for the first time, as JSON.
export const BEGIN = {
  "first.s": "# Print a dot if my relocation begins at word 0, and an exclamation mark if it does not.\nstart:  rrel r3, r4         # base into r3, bound into r4\n        set  r2, '.'\n        beqz r3, say\n        set  r2, '!'\nsay:    out  r2, r0         # port 0 is the console\n        set  r2, '\\n'\n        out  r2, r0\n        set  r1, 0          # exit code 0: all is well\n        halt\n",
  "mine.isa": "variant peek of g3 \"Anyone can read the relocation.\" {\n  override instr rrel \"d, a\" T(0x82) \"Read the relocation.\" { x[d] <- base; x[a] <- bound }\n}\n"
};
