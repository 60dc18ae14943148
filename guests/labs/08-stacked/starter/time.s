# Virtual time, and turns: what a monitor must count so that its guests may have a clock and share the processor. See
# handout.md for what each of these is asked.
#
# This much works: one guest without a clock. It is lent 100 steps at a time, again and again, and the other never runs.

# pass: r1 steps of the guest have passed, in none of which it trapped. Uses r2 to r7, leaves r1.
pass:
# spend: r1 steps have passed in which its timer did not count; both use up its turn. Uses r2 to r7, leaves r1.
spend:  ret

# lend: r1 = how many steps the guest may take before we must look at it again. Uses r2 to r7.
lend:   set  r1, 100
        ret

# interrupt: the guest has had what it was lent. Is its turn over? Does its own clock trap now? If not: `resume`.
interrupt:
        j    resume

# schedule: a turn is over, or a guest has halted. Whose turn is it? VM_LEFT begins anew there.
schedule:
        j    panic

# Read the timer into register d, whose number is in r10; set it from there. `timeless` goes on with the guest as `next`
# and `passed` do, without counting its timer down; it does not move the pc.
do_rtim:
        j    panic
do_stim:
        j    panic
