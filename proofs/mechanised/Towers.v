(* Theorem 2, monitors on monitors, and Theorem 3, a monitor that interprets virtual supervisor mode.

   Both are `Theorems.v` again: a monitored machine is the machine that its view shows, so a monitor can stand on it;
   and a hybrid monitor is the same loop with direct runs in user mode alone. `Print Assumptions` at the end shows that
   nothing is assumed but the obligations. Next: Toy.v, a machine for which they hold. *)

Require Import Machine Obligations Dispatcher Simulation Theorems.

(* ---- Theorem 2 *)

Section Towers.
Context `{Monitor} {directly : bool -> bool} (O : Obligations directly).

Theorem bare_faithful : faithful bare.
Proof.
  split; cbn; try (intros; congruence); try (intros; tauto).
  - intros s s0 [_ L] P S. repeat split; auto; lia.
  - intros n s i s' e [P L] E. destruct (bare_run_keeps O _ _ _ _ _ P L E) as [P' S']. repeat split; auto; lia.
Qed.

Let stack (B : realisation) (ws : list window) := fold_left (fun B w => monitored B directly w) ws B.

Lemma stack_faithful ws : forall B, faithful B -> faithful (stack B ws).
Proof. induction ws as [|w ws IH]; cbn; auto. intros B F. apply IH. now apply monitored_faithful. Qed.

Theorem tower_faithful ws : faithful (tower directly ws).
Proof. apply stack_faithful, bare_faithful. Qed.

(* Windows that lie in one another, the outermost first, in so many words. *)
Fixpoint nested (ws : list window) (q : nat) : Prop :=
  match ws with [] => True | w :: rest => legal w q /\ nested rest (extent w) end.

(* Such a tower can be built, and on top of it stands a machine after reset. *)
Lemma stack_built ws : forall B b q, faithful B -> ok B b -> size (view B b) = q -> nested ws q ->
  regs (view B b) = reset -> exists c, ok (stack B ws) c /\ regs (view (stack B ws) c) = reset.
Proof.
  induction ws as [|w ws IH]; cbn; intros B b q F OK S N R; [now exists b|].
  subst q. destruct N as [L N]. set (c := Level B reset (beyond (view B b)) b []).
  assert (OC : ok (monitored B directly w) c).
  { repeat split; auto; try apply (assumption _ O); apply L. }
  apply (IH (monitored B directly w) c (extent w)); auto; [now apply monitored_faithful|].
  unfold size. cbn. apply inside_length. apply L.
Qed.

(* Whatever the depth: the tower exists, every session shows the bare machine, and nothing outside of any of its windows
   changes (`kept`, level by level). *)
Theorem recursion : forall ws s, ok bare s -> regs s = reset -> nested ws (size s) ->
  let M := tower directly ws in
  (exists c, ok M c /\ regs (view M c) = reset) /\
  (forall l c, ok M c -> exists c',
    session M l c = Some c' /\ view M c' = bare_session l (view M c) /\ kept M c c').
Proof.
  intros ws s OK R N M. split.
  - apply (stack_built ws bare s (size s)); auto. apply bare_faithful.
  - intros l c OC. destruct (session_spec O M (tower_faithful ws) l c OC) as (c' & S & V & _ & K). eauto.
Qed.

(* What the lowest machine is loaded with when the topmost runs directly through all levels: one map with one window. *)
Definition flat (w : window) (ws : list window) : window := fold_left within ws w.

Lemma loaded_proper ws : forall q c, nested ws q -> proper c -> proper (fold_right resume c ws).
Proof.
  induction ws as [|w ws IH]; cbn; intros q c N P; auto. destruct N as [L N].
  rewrite <- (after_none O (resume w _)). eapply (assumption _ O); eauto.
Qed.

Theorem loaded : forall ws w q c, nested (w :: ws) q -> proper c ->
  legal (flat w ws) q /\ fold_right resume c (w :: ws) = resume (flat w ws) c.
Proof.
  induction ws as [|v ws IH]; intros w q c N P; [now destruct N|].
  destruct N as (L & L' & N). cbn [fold_right flat fold_left].
  assert (LW : legal (within w v) q) by (destruct L, L'; split; cbn; lia).
  destruct (IH (within w v) q c (conj LW N) P) as [LF E]. split; auto.
  rewrite (nesting _ O w v q) by (auto; eapply loaded_proper; eauto). exact E.
Qed.

(* Time makes no exits below: the horizon of what a monitor loads is never. So a level that runs another monitor's guest
   interprets only what traps, and the lowest machine runs as long as the topmost lets it. *)
Theorem never_due_below : forall w q c, legal w q -> proper c -> due_in (resume w c) = None.
Proof.
  intros w q c L P. destruct (due_in (resume w c)) as [h|] eqn:D; auto. exfalso.
  assert (A : forall n, n <= h -> due_in (after n (resume w c)) = Some (h - n)).
  { induction n as [|n IH]; intros LE; [now rewrite (after_none O), Nat.sub_0_r|]. rewrite (after_more O).
    destruct (horizon _ O (after n (resume w c))) as (_ & FA & _); [eapply (assumption _ O); eauto|].
    apply FA. rewrite IH by lia. f_equal. lia. }
  destruct (horizon _ O (after h (resume w c))) as ([Z _] & _); [eapply (assumption _ O); eauto|].
  apply Z; [rewrite A by lia; f_equal; lia|]. eapply (quiet _ O); eauto.
Qed.

End Towers.

(* ---- Theorem 1 and Theorem 3, by name *)

Section Named.
Context `{Monitor} (B : realisation) (F : faithful B) (w : window).

Definition theorem_1 (O : Obligations always) :=
  (equivalence O B w F, resource_control O B w F, parked O B w F, efficiency_of_sessions O B w F,
   innocuous_run_directly O B w F, guarded_traps O w).

Definition theorem_2 (O : Obligations always) := (recursion O, loaded O, never_due_below O).

(* The hybrid form: `Obligations hybrid` asks nothing of direct steps from virtual supervisor mode. *)
Definition theorem_3 (O : Obligations hybrid) :=
  (equivalence O B w F, resource_control O B w F, parked O B w F, efficiency_of_sessions O B w F,
   innocuous_run_directly O B w F, recursion O).

(* What is right in both modes is right in one: Theorem 3 asks for less. *)
Theorem theorem_3_asks_less : Obligations always -> Obligations hybrid.
Proof.
  intros O.
  assert (R : forall w n V R R', ran hybrid w n V R R' -> ran always w n V R R').
  { intros v n V R R' (P & _ & X). exact (conj P (conj eq_refl X)). }
  destruct O. split; eauto.
  - intros. eapply composition; eauto.
  - intros. eapply timely; eauto.
Qed.

End Named.

Print Assumptions theorem_1.
Print Assumptions theorem_2.
Print Assumptions theorem_3.
Print Assumptions theorem_3_asks_less.
