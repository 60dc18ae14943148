(* The monitor's loop, after monitor/dispatcher.py, over any machine below: a bare one or again a monitored one.

   `direct_run` is `Dispatcher._direct`, `interpret` and `loop` are `interpret` and `_run` with `_stretch`, `deliver` is
   the loop of runs and trap entries. What is left out: pauses of a guest that waits or has halted, and statistics.
   Next: Simulation.v, that a run of this loop is a run of the bare machine. *)

Require Import Machine Obligations.

Section Loop.
Context `{Monitor}.

(* Whatever behaves like a machine: its configurations, the state seen in one, and a run to the first trap. `put` loads
   another state. `ok` is kept by all that is done to it, `kept` says that two configurations agree in all that must not
   change. A bare machine is one, a tower of monitors is one. *)
Record realisation := {
  config : Type;
  view : config -> state;
  put : state -> config -> config;
  run_to_trap : nat -> config -> nat * config * ending;
  ok : config -> Prop;
  kept : config -> config -> Prop;
}.

Definition bare : realisation := {|
  config := state;
  view s := s;
  put s _ := s;
  run_to_trap := bare_run;
  ok s := proper (regs s) /\ least <= size s;
  kept s s' := size s' = size s;
|}.

(* ---- one monitor on a machine below, with a window of its storage *)

Section Level.
Variables (B : realisation) (directly : bool -> bool) (w : window).

(* What the monitor keeps: virtual registers, virtual devices, the machine below, and every state that it interpreted a
   step from (the statistics). *)
Record level := Level { virtual : cpu; devices : world; below : config B; log : list state }.

Definition level_view (c : level) : state :=
  State (virtual c) (inside w (store (view B (below c)))) (devices c).

(* Storage is written through the window, the registers of the machine below are left alone. *)
Definition level_put (s : state) (c : level) : level :=
  let R := view B (below c) in
  let R' := State (regs R) (splice w (store R) (store s)) (beyond R) in
  Level (regs s) (beyond s) (put B R' (below c)) (log c).

Definition load (c : level) : config B :=
  let R := view B (below c) in
  put B (State (resume w (virtual c)) (store R) (beyond R)) (below c).

Definition direct_run (allowed : nat) (c : level) : nat * level * ending :=
  let '(n, b, e) := run_to_trap B allowed (load c) in
  let R := view B b in
  let silent := traffic (beyond R) =? traffic (beyond (view B (below c))) in
  if breach w (virtual c) (regs R) n || negb silent then (n, Level (virtual c) (devices c) b (log c), Killed)
  else (n, Level (after n (save (virtual c) (regs R))) (devices c) b (log c), e).

(* One step of the machine's own semantics on the virtual state; None: it trapped. *)
Definition interpret (c : level) : level * option trap :=
  let c' := Level (virtual c) (devices c) (below c) (level_view c :: log c) in
  match attempt (level_view c) with
  | Traps t => (c', Some t)
  | Runs s => (level_put s c', None)
  end.

(* How many of the steps wanted may run directly: up to the horizon, and none where everything is interpreted. *)
Definition allowance (limit : nat) (c : cpu) : nat :=
  if directly (user c) then match due_in c with None => limit | Some h => min limit h end else 0.

(* At most `limit` steps. Each round takes one at least, so that as much fuel as steps is enough. *)
Fixpoint loop (fuel limit : nat) (c : level) : nat * level * ending :=
  match fuel, limit with
  | S fuel, S _ =>
      let allowed := allowance limit (virtual c) in
      let '(n, c1, e) := match allowed with 0 => (0, c, Limit) | _ => direct_run allowed c end in
      let single :=
        match interpret c1 with
        | (c2, Some t) => (n, c2, Trapped t)
        | (c2, None) => let '(m, c3, e3) := loop fuel (limit - S n) c2 in (S n + m, c3, e3)
        end in
      match allowed, e with
      | _, Killed => (n, c1, Killed)
      | 0, _ | _, Trapped _ => single
      | _, Limit => let '(m, c2, e2) := loop fuel (limit - n) c1 in (n + m, c2, e2)
      end
  | _, _ => (0, c, Limit)
  end.

Definition monitored : realisation := {|
  config := level;
  view := level_view;
  put := level_put;
  run_to_trap limit := loop limit limit;
  ok c := ok B (below c) /\ proper (virtual c) /\ legal w (size (view B (below c)));
  kept c c' :=
    kept B (below c) (below c') /\ beyond (view B (below c')) = beyond (view B (below c)) /\
    outside w (store (view B (below c'))) = outside w (store (view B (below c)));
|}.

End Level.

(* Monitors on monitors, the outermost window first. *)
Definition tower (directly : bool -> bool) (ws : list window) : realisation :=
  fold_left (fun B w => monitored B directly w) ws bare.

(* ---- whole runs *)

Section Runs.
Variable M : realisation.

(* So many steps with every trap delivered. None: the monitor killed its guest. *)
Fixpoint deliver (fuel limit : nat) (c : config M) : option (config M) :=
  match fuel, limit with
  | S fuel, S _ =>
      match run_to_trap M limit c with
      | (n, c', Limit) => Some c'
      | (n, c', Trapped t) => deliver fuel (limit - S n) (put M (enter t (view M c')) c')
      | (_, _, Killed) => None
      end
  | _, _ => Some c
  end.

Definition run (n : nat) (c : config M) : option (config M) := deliver n n c.

Fixpoint session (l : list (nat * event)) (c : config M) : option (config M) :=
  match l with
  | [] => Some c
  | (n, e) :: rest =>
      match run n c with Some c' => session rest (put M (act e (view M c')) c') | None => None end
  end.

(* What it is for a realisation to be the machine that its view shows. *)
Record faithful : Prop := {
  ok_proper : forall c, ok M c -> proper (regs (view M c)) /\ least <= size (view M c);
  kept_refl : forall c, kept M c c;
  kept_trans : forall a b c, kept M a b -> kept M b c -> kept M a c;
  put_spec : forall s c, ok M c -> proper (regs s) -> size s = size (view M c) ->
    view M (put M s c) = s /\ ok M (put M s c) /\ kept M c (put M s c);
  run_spec : forall n c i c' e, ok M c -> run_to_trap M n c = (i, c', e) ->
    bare_run n (view M c) = (i, view M c', e) /\ ok M c' /\ kept M c c';
}.

End Runs.
End Loop.
