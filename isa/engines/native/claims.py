"""Whether words may be written without a look at each: a function of the machine's module, called by its regions.

It is written in LLVM's own text, since nothing of it depends on a machine.
"""

from isa.engines.native.frame import FIELD
from isa.engines.native.text import Text, Value
from isa.machine.storage import CODE, DIRTY, LINE_SHIFT


def claimed(text: Text, low: Value, high: Value, dense: bool) -> Value:
    """Whether code was made of none of the words `low` to `high`, and all their lines are dirty. If it is sure that
    each of the lines will be written, `dense`, they are made dirty. No register is lost."""
    function = text.pointer(text.at("%frame", FIELD["claim"]))
    operands = ["ptr %frame", low.typed, high.typed, f"i1 {'true' if dense else 'false'}"]
    return Value(1, text.call("i1", function, operands, "call preserve_mostcc"))


# It looks at 32 lines together where it can.
CLAIM = f"""
define preserve_mostcc i1 @claim(ptr %frame, i64 %low, i64 %high, i1 %all) noinline {{
entry:
  %lines.field = getelementptr i64, ptr %frame, i64 {FIELD["lines"]}
  %lines = load ptr, ptr %lines.field
  %first = lshr i64 %low, {LINE_SHIFT}
  %last = lshr i64 %high, {LINE_SHIFT}
  br label %many
many:
  %i = phi i64 [ %first, %entry ], [ %i.many, %skip ], [ %i.next, %fine ]
  %clean = phi i1 [ false, %entry ], [ %clean, %skip ], [ %clean.next, %fine ]
  %i.many = add i64 %i, 32
  %over = add i64 %last, 1
  %enough = icmp ule i64 %i.many, %over
  br i1 %enough, label %skip, label %one
skip:
  %lines.i = getelementptr i8, ptr %lines, i64 %i
  %part = load <32 x i8>, ptr %lines.i, align 1
  %other = icmp ne <32 x i8> %part, splat (i8 {DIRTY})
  %others = bitcast <32 x i1> %other to i32
  %none = icmp eq i32 %others, 0
  br i1 %none, label %many, label %one, !prof !1
one:
  %more = icmp ule i64 %i, %last
  br i1 %more, label %look, label %end
look:
  %line = getelementptr i8, ptr %lines, i64 %i
  %entry.i = load i8, ptr %line
  %dirty = trunc i8 %entry.i to i1
  %willing = or i1 %dirty, %all
  br i1 %willing, label %which, label %refuse
which:
  %plain = icmp ult i8 %entry.i, {CODE}
  br i1 %plain, label %fine, label %code
code:
  %code.field = getelementptr i64, ptr %frame, i64 {FIELD["code"]}
  %codes = load ptr, ptr %code.field
  %line.first = shl i64 %i, {LINE_SHIFT}
  %line.last = or i64 %line.first, {(1 << LINE_SHIFT) - 1}
  %from = call i64 @llvm.umax.i64(i64 %line.first, i64 %low)
  %to = call i64 @llvm.umin.i64(i64 %line.last, i64 %high)
  br label %word
word:
  %w = phi i64 [ %from, %code ], [ %w.next, %word.on ]
  %code.w = getelementptr i8, ptr %codes, i64 %w
  %made = load i8, ptr %code.w
  %free = icmp eq i8 %made, 0
  br i1 %free, label %word.on, label %refuse
word.on:
  %w.next = add i64 %w, 1
  %w.more = icmp ule i64 %w.next, %to
  br i1 %w.more, label %word, label %fine
fine:
  %clean.now = xor i1 %dirty, true
  %clean.next = or i1 %clean, %clean.now
  %i.next = add i64 %i, 1
  br label %many
end:
  br i1 %clean, label %mark, label %accept, !prof !0
mark:
  %m = phi i64 [ %first, %end ], [ %m.next, %mark ]
  %line.m = getelementptr i8, ptr %lines, i64 %m
  %before = atomicrmw or ptr %line.m, i8 {DIRTY} monotonic
  %m.next = add i64 %m, 1
  %m.more = icmp ule i64 %m.next, %last
  br i1 %m.more, label %mark, label %accept
accept:
  ret i1 true
refuse:
  ret i1 false
}}
declare i64 @llvm.umax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
"""
