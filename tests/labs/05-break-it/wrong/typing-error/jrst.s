# caught by jrst parts: is not an instruction of g3_jrst
start:  jrts out(r0)
out:    halt
