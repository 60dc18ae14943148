"""What storage held at several moments, kept by the lines written between them."""

from hypothesis import example, given
from hypothesis import strategies as st

from isa.machine import Storage
from isa.machine.lines import Lines

ACTS = st.one_of(
    st.tuples(st.just("store"), st.integers(0, 699)),
    st.tuples(st.just("code"), st.integers(0, 699)),
    st.tuples(st.sampled_from(["insert", "put", "drop", "cut", "take"]), st.integers(0, 20)),
)


@example([("insert", 0), ("put", 0), ("store", 0), ("insert", 0)])  # between two, and on another way than the second
@given(st.lists(ACTS, max_size=60))
def test_storage_comes_back_whatever_was_done_meanwhile(acts: list[tuple[str, int]]) -> None:
    storage = Storage(32, 700)
    storage.write(30, [7, 8, 9])
    lines, held, value = Lines(storage.window(0, 512)), [bytes(storage.cells)], 0
    for act, n in acts:
        match act:
            case "store":
                storage.store(n, value := value + 1)
            case "code":
                storage.mark_code(n)
            case "take":
                storage.take_dirty()
            case "insert":
                assert lines.insert() == lines.present
                held.insert(lines.present, bytes(storage.cells))
            case "put":
                lines.put(n % len(held))
                assert bytes(storage.cells) == held[lines.present]
            case "drop" if 0 < n < len(held) - 1 and n != lines.present:
                lines.drop(n)
                del held[n]
            case "cut":
                lines.cut()
                del held[lines.present + 1 :]
    for moment in (*range(len(held)), 0):
        lines.put(moment)
        assert bytes(storage.cells) == held[moment]
