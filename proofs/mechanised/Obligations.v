(* What a monitor is, and what must be true of a machine and its monitor: the list that `trapline prove` decides.

   The fields of `Obligations` are the keys of THEOREMS in proofs/obligations/statements.py (a hyphen is an underscore here), in
   its order and with its sentences; a test compares them. There each is asked of one machine over bit-vectors, here
   each is assumed of any machine, over natural numbers. Everything else in this folder follows from them, and each is
   used: a test takes one after the other away, and then some proof fails.

   `direct` speaks of the whole state: the virtual machine's own step, too, leaves what is beyond its channels alone.
   Two parts of obligations are not here. That `advance` by one does what the prologue does: for a step that runs
   directly `direct` says it, and for a guest that waits, whose steps the engines skip, nothing is claimed here. That
   whatever a lower level is loaded with is legal: among natural numbers it follows (`loaded` in Towers.v).
   Next: Dispatcher.v, the loop whose runs are to be proved right. *)

Require Import Machine.

(* monitor/core.py and isa/machine/time.py. There `after` is called advance, and `due_in` horizon (None: never). *)
Class Monitor `{Machine} := {
  resume : window -> cpu -> cpu;  (* the map f: the real registers for virtual ones *)
  save : cpu -> cpu -> cpu;  (* the first with what passed, from the second, the real one *)
  breach : window -> cpu -> cpu -> nat -> bool;  (* the audit, of virtual and real registers after so many steps *)
  after : nat -> cpu -> cpu;  (* what so many untrapped steps do to the counters *)
  due_in : cpu -> option nat;  (* after how many of them the prologue traps *)
  granted : cpu -> cpu -> cpu;  (* the first with the resources of the second *)
  lowered : cpu -> cpu;  (* the same registers in the mode in which guests run *)
  traffic : world -> nat;  (* how much has passed through the channels *)
}.

Section Statements.
Context `{Monitor}.

Definition always (is_user : bool) : bool := true.
Definition hybrid (is_user : bool) : bool := is_user.

Definition legal (w : window) (q : nat) : Prop := offset w + extent w <= q /\ least <= extent w.

(* R is what `resume` makes of V, its parked counters aged by n steps; V's storage is a window of R's. *)
Record corresponds (w : window) (n : nat) (V R : state) : Prop := {
  allocated : legal w (size R);
  windowed : store V = inside w (store R);
  resumed : regs R = after n (resume w (regs V));
}.

Definition traps (s : state) : Prop := exists t, attempt s = Traps t.

(* What the instruction does in the mode of guests is a trap, from this very state. An instruction may be guarded for
   some operands or states only; it is not asked to run directly from those. *)
Definition would_trap (x : word) (s : state) : Prop :=
  exists t, body x (State (lowered (regs s)) (store s) (beyond s)) = Traps t.

(* One window in another, as one. *)
Definition within (outer inner : window) : window := Window (offset outer + offset inner) (extent inner).

(* V may run directly, is due for nothing, and R, which corresponds to it, has made a step without a trap. *)
Definition ran (directly : bool -> bool) (w : window) (n : nat) (V R R' : state) : Prop :=
  proper (regs V) /\ directly (user (regs V)) = true /\ prologue (regs V) = None /\
  corresponds w n V R /\ attempt R = Runs R'.

(* `directly` says in which virtual mode there are direct runs: in each (Theorem 1), or in user mode alone (Theorem 3).
   What is asked of direct steps is asked of those states alone. *)
Record Obligations (directly : bool -> bool) : Prop := {

  (* saving what was just resumed gives the virtual state back, whatever it was *)
  put_get : forall w q n c, legal w q -> proper c ->
    let r := after n (resume w c) in save c r = c /\ breach w c r n = false /\ user r = true;

  (* if the audit is silent, resuming what was saved gives the real state back: nothing else was changed *)
  get_put : forall w q n c r, legal w q -> proper c ->
    breach w c r n = false -> after n (resume w (save c r)) = r;

  (* saving again forgets an earlier save, and neither it nor time changes audit, mode or a later save *)
  put_put : forall w c r r' k n, let c' := after k (save c r) in
    save c' r' = after k (save c r') /\ breach w c' r' n = breach w c r' n /\ user c' = user c;

  (* with its resources parked, the real machine's prologue never traps, however long it runs *)
  quiet : forall w q n c, legal w q -> proper c -> prologue (after n (resume w c)) = None;

  (* the composed relocation admits the same addresses, leads to the same words, and stays inside *)
  composition : forall w n V R, proper (regs V) -> directly (user (regs V)) = true -> corresponds w n V R ->
    match locate (size V) (regs V), locate (size R) (regs R) with
    | inl _, inl _ => True
    | inr a, inr b => b = offset w + a /\ a < extent w
    | _, _ => False
    end;

  (* a direct fetch that does not trap gives the word that the virtual machine would fetch *)
  fetch : forall w n V R x, proper (regs V) -> directly (user (regs V)) = true -> corresponds w n V R ->
    word_at R = Some x -> word_at V = Some x;

  (* a direct step without a real trap is the virtual machine's own step, seen through the map *)
  direct : forall w n V R R', ran directly w n V R R' ->
    attempt V = Runs (State (after 1 (save (regs V) (regs R'))) (inside w (store R')) (beyond V));

  (* a direct step moves the horizon by the one step that passed and not otherwise *)
  timely : forall w n V R R' V', ran directly w n V R R' -> attempt V = Runs V' ->
    match due_in (regs V) with
    | None => due_in (regs V') = None
    | Some h => due_in (regs V') = Some (h - 1)
    end;

  (* a direct step changes no word outside the allocation *)
  frame : forall w n V R R', ran directly w n V R R' -> outside w (store R') = outside w (store R);

  (* a direct step that does not trap never makes the audit fire, and uses no channel *)
  audit : forall w n V R R', ran directly w n V R R' ->
    breach w (regs V) (regs R') (n + 1) = false /\ beyond R' = beyond R;

  (* what the description assumes holds after reset and is kept by every bare step and by the map *)
  assumption : proper reset /\
    (forall V, proper (regs V) -> least <= size V -> proper (regs (step V))) /\
    (forall w q n c, legal w q -> proper c -> proper (after n (resume w c)));

  (* an interpreted step, trap entry included, changes no word outside the allocation *)
  interpretation : forall V, proper (regs V) -> least <= size V ->
    (forall V', attempt V = Runs V' -> size V' = size V) /\ (forall t, size (enter t V) = size V);

  (* a direct step traps only if the virtual machine's own step does, or would in the mode of guests *)
  efficiency : forall w n V R x, proper (regs V) -> directly (user (regs V)) = true -> prologue (regs V) = None ->
    corresponds w n V R -> word_at V = Some x -> ~ would_trap x V -> ~ traps V -> ~ traps R;

  (* what a device does to the virtual machine's resources does not reach the real machine *)
  injection : forall w q c d, legal w q -> proper c -> resume w (granted c d) = resume w c;

  (* advance by n agrees with n untrapped steps, by induction on n *)
  advance : forall c, after 0 c = c /\ forall n, after (n + 1) c = after 1 (after n c);

  (* what time does to the virtual machine's registers, it does to its resources *)
  apart : forall n c, granted (after n c) c = c;

  (* the horizon falls by one with each step, and is zero exactly when the prologue traps *)
  horizon : forall c, proper c ->
    (due_in c = Some 0 <-> prologue c <> None) /\
    (forall n, due_in c = Some (S n) -> due_in (after 1 c) = Some n) /\
    (due_in c = None -> due_in (after 1 c) = None);

  (* two maps on top of each other are one map of a legal allocation *)
  nesting : forall outer inner q c, legal outer q -> legal inner (extent outer) -> proper c ->
    resume outer (resume inner c) = resume (within outer inner) c;
}.

End Statements.
