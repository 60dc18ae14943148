(* A machine as Trapline sees it: registers, storage, what lies beyond its channels, and a step that runs or traps.

   Nothing here is about monitors. `attempt` is a step without its trap entry, `step` a step with it. Storage is a list,
   so it has exactly as many words as it has: a step can neither see nor change a word that is not there.
   Next: Obligations.v, what a monitor needs of a machine. *)

From Coq Require Export List Arith Lia Bool.
Export ListNotations.

Class Parts := {
  cpu : Type;  (* registers, all of them: ordinary state, mode, relocation, resources *)
  word : Type;
  world : Type;  (* what lies beyond the channels: devices and people *)
  trap : Type;
}.

Record state `{Parts} := State { regs : cpu; store : list word; beyond : world }.

Definition size `{Parts} (s : state) : nat := length (store s).

Inductive outcome `{Parts} := Traps (t : trap) | Runs (s : state).
Arguments State {_}.

Class Machine `{Parts} := {
  prologue : cpu -> option trap;  (* the interrupt that is due, if one is *)
  locate : nat -> cpu -> trap + nat;  (* where the pc leads in a storage of so many words *)
  blank : word;
  body : word -> state -> outcome;  (* what an instruction does, the prologue's effects included *)
  enter : trap -> state -> state;  (* the trap entry *)
  reset : cpu;
  proper : cpu -> Prop;  (* the mode is one of the two, and what the description assumes holds *)
  user : cpu -> bool;
  least : nat;  (* the words that the trap entry needs *)
}.

Section Steps.
Context `{Machine}.

(* The word that a step executes. None: its fetch traps. *)
Definition word_at (s : state) : option word :=
  match locate (size s) (regs s) with inl _ => None | inr a => Some (nth a (store s) blank) end.

Definition attempt (s : state) : outcome :=
  match prologue (regs s) with
  | Some t => Traps t
  | None =>
      match locate (size s) (regs s) with
      | inl t => Traps t
      | inr a => body (nth a (store s) blank) s
      end
  end.

Definition step (s : state) : state := match attempt s with Traps t => enter t s | Runs s' => s' end.

(* Whole runs, traps delivered: what a bare machine is after so many steps. *)
Fixpoint steps (n : nat) (s : state) : state := match n with 0 => s | S m => steps m (step s) end.

(* A run up to the first trap, which is not delivered; the state is that before it. *)
Inductive ending := Limit | Trapped (t : trap) | Killed.

Fixpoint bare_run (n : nat) (s : state) : nat * state * ending :=
  match n with
  | 0 => (0, s, Limit)
  | S m =>
      match attempt s with
      | Traps t => (0, s, Trapped t)
      | Runs s' => let '(i, s'', e) := bare_run m s' in (S i, s'', e)
      end
  end.

(* What devices and people do to a machine between two steps. They keep to its storage and to what is assumed. *)
Record event := Event {
  act : state -> state;
  act_size : forall s, size (act s) = size s;
  act_proper : forall s, proper (regs s) -> proper (regs (act s));
}.

(* A session: again and again a number of steps, and then an event. *)
Fixpoint bare_session (l : list (nat * event)) (s : state) : state :=
  match l with [] => s | (n, e) :: rest => bare_session rest (act e (steps n s)) end.

Lemma bare_run_ends n s i s' e :
  bare_run n s = (i, s', e) ->
  (e = Limit /\ i = n) \/ (exists t, e = Trapped t /\ attempt s' = Traps t /\ i < n).
Proof.
  revert s i; induction n as [|n IH]; simpl; intros s i E.
  - injection E as <- <- <-. now left.
  - destruct (attempt s) as [t|s1] eqn:A.
    + injection E as <- <- <-. right; exists t; repeat split; auto; lia.
    + destruct (bare_run n s1) as [[j s2] e'] eqn:B. injection E as <- <- <-.
      destruct (IH _ _ B) as [[-> ->]|(t & -> & A' & L)]; [now left|right; exists t; repeat split; auto; lia].
Qed.

(* A run of n + m steps is one of n, and if that came to its end, one of m. *)
Lemma bare_run_plus n m s s' :
  bare_run n s = (n, s', Limit) ->
  bare_run (n + m) s = let '(i, s'', e) := bare_run m s' in (n + i, s'', e).
Proof.
  revert s; induction n as [|n IH]; simpl; intros s E.
  - injection E as <-. now destruct (bare_run m s) as [[? ?] ?].
  - destruct (attempt s) as [t|s1]; [discriminate|].
    destruct (bare_run n s1) as [[j s2] e'] eqn:B. injection E as -> -> ->.
    rewrite (IH _ B). now destruct (bare_run m s') as [[? ?] ?].
Qed.

Lemma steps_plus n m s : steps (n + m) s = steps m (steps n s).
Proof. revert s; induction n; simpl; auto. Qed.

Lemma bare_run_steps n s i s' e : bare_run n s = (i, s', e) -> s' = steps i s.
Proof.
  revert s i; induction n as [|n IH]; simpl; intros s i E.
  - now injection E as <- <- <-.
  - destruct (attempt s) as [t|s1] eqn:A; [now injection E as <- <- <-|].
    destruct (bare_run n s1) as [[j s2] e'] eqn:B. injection E as <- <- <-.
    simpl. unfold step. rewrite A. eauto.
Qed.

End Steps.

(* Windows: a part of a storage, what lies outside it, and another content put into it. *)

Record window := Window { offset : nat; extent : nat }.

Section Windows.
Context {A : Type}.
Implicit Types (w : window) (l new : list A).

Definition inside w l := firstn (extent w) (skipn (offset w) l).
Definition outside w l := (firstn (offset w) l, skipn (offset w + extent w) l).
Definition splice w l new := firstn (offset w) l ++ new ++ skipn (offset w + extent w) l.

Lemma inside_length w l : offset w + extent w <= length l -> length (inside w l) = extent w.
Proof. intros L. unfold inside. rewrite firstn_length, skipn_length. lia. Qed.

Lemma inside_splice w l new :
  offset w + extent w <= length l -> length new = extent w -> inside w (splice w l new) = new.
Proof.
  intros L N. unfold inside, splice.
  rewrite skipn_app, firstn_length_le, skipn_all2, Nat.sub_diag by (rewrite ?firstn_length; lia).
  simpl. now rewrite <- N, firstn_app, Nat.sub_diag, firstn_all, app_nil_r.
Qed.

Lemma outside_splice w l new :
  offset w + extent w <= length l -> length new = extent w -> outside w (splice w l new) = outside w l.
Proof.
  intros L N. unfold outside, splice. f_equal.
  - rewrite firstn_app, firstn_firstn, firstn_length_le, Nat.sub_diag, Nat.min_id by lia. apply app_nil_r.
  - rewrite skipn_app, skipn_all2, firstn_length_le by (rewrite ?firstn_length; lia).
    replace (offset w + extent w - offset w) with (extent w) by lia. simpl.
    now rewrite skipn_app, skipn_all2, N, Nat.sub_diag by lia.
Qed.

Lemma splice_length w l new :
  offset w + extent w <= length l -> length new = extent w -> length (splice w l new) = length l.
Proof. intros L N. unfold splice. rewrite !app_length, firstn_length, skipn_length. lia. Qed.

Lemma nth_inside w l a d : a < extent w -> nth a (inside w l) d = nth (offset w + a) l d.
Proof.
  intros L. unfold inside. rewrite <- (firstn_skipn (offset w) l) at 2.
  destruct (le_lt_dec (length l) (offset w)) as [G|G].
  - rewrite skipn_all2 by lia. rewrite firstn_nil, app_nil_r, firstn_all2 by lia.
    rewrite (nth_overflow l) by lia. now destruct a.
  - rewrite app_nth2; rewrite firstn_length_le by lia; [|lia].
    replace (offset w + a - offset w) with a by lia.
    generalize (skipn (offset w) l) as k. revert a L. induction (extent w) as [|n IH]; [lia|].
    intros [|a] L [|x k]; simpl; auto. apply IH; lia.
Qed.

End Windows.
