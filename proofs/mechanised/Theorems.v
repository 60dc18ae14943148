(* Theorem 1 of Popek and Goldberg, for any machine and monitor that satisfy the obligations.

   Theorem 1 has its three properties, each a theorem of its own. `directly` is left open, so that they are those of
   Theorem 3 too. Sessions are runs of any length with anything that devices do in between.
   Next: Towers.v, the other two. *)

Require Import Machine Obligations Dispatcher Simulation.

(* ---- whole sessions of whatever is the machine that its view shows *)

Section Sessions.
Context `{Monitor} {directly : bool -> bool} (O : Obligations directly) (M : realisation) (F : faithful M).

Lemma deliver_spec fuel : forall n c, n <= fuel -> ok M c -> exists c',
  deliver M fuel n c = Some c' /\ view M c' = steps n (view M c) /\ ok M c' /\ kept M c c'.
Proof.
  induction fuel as [|fuel IH]; intros [|n] c LE OK; try lia.
  1, 2: exists c; repeat split; auto; apply (kept_refl M F).
  cbn [deliver]. destruct (run_to_trap M (S n) c) as [[i c1] e] eqn:R.
  destruct (run_spec M F _ _ _ _ _ OK R) as (BR & O1 & K1). pose proof (bare_run_steps _ _ _ _ _ BR) as V1.
  destruct (bare_run_ends _ _ _ _ _ BR) as [[-> ->]|(t & -> & A & L)].
  - exists c1. repeat split; auto.
  - destruct (ok_proper M F c1 O1) as [P1 L1]. destruct (step_keeps O _ P1 L1) as [P2 S2].
    assert (ST : step (view M c1) = enter t (view M c1)) by (unfold step; now rewrite A).
    rewrite ST in P2, S2. destruct (put_spec M F _ c1 O1 P2 S2) as (V2 & O2 & K2).
    destruct (IH (S n - S i) _ ltac:(lia) O2) as (c' & D & V & O3 & K3). exists c'. repeat split; auto.
    + rewrite V, V2, <- ST, V1. change (step (steps i (view M c))) with (steps 1 (steps i (view M c))).
      rewrite <- !steps_plus. f_equal. lia.
    + eapply (kept_trans M F); eauto. eapply (kept_trans M F); eauto.
Qed.

Theorem session_spec l : forall c, ok M c -> exists c',
  session M l c = Some c' /\ view M c' = bare_session l (view M c) /\ ok M c' /\ kept M c c'.
Proof.
  induction l as [|[n e] l IH]; intros c OK; cbn.
  - exists c. repeat split; auto. apply (kept_refl M F).
  - destruct (deliver_spec n n c (le_n n) OK) as (c1 & D & V1 & O1 & K1). unfold run. rewrite D.
    destruct (ok_proper M F c1 O1) as [P1 _].
    destruct (put_spec M F (act e (view M c1)) c1 O1 (act_proper e _ P1) (act_size e _)) as (V2 & O2 & K2).
    destruct (IH _ O2) as (c' & S & V & O3 & K3). exists c'. rewrite V2, V1 in V. repeat split; auto.
    eapply (kept_trans M F); eauto. eapply (kept_trans M F); eauto.
Qed.

End Sessions.

(* ---- one monitor *)

Section OneMonitor.
Context `{Monitor} {directly : bool -> bool} (O : Obligations directly).
Variables (B : realisation) (w : window) (F : faithful B).
Let M := monitored B directly w.

(* Equivalence: after any session, what the virtual machine shows is what the bare machine is; it is never killed. *)
Theorem equivalence : forall l c, ok M c -> exists c',
  session M l c = Some c' /\ view M c' = bare_session l (view M c).
Proof.
  intros l c OK. destruct (session_spec O M (monitored_faithful O B w F) l c OK) as (c' & S & V & _). eauto.
Qed.

(* Resource control: no session changes anything outside the allocation or beyond a channel of the machine below, and
   whatever else that machine must keep. *)
Theorem resource_control : forall l c c', ok M c -> session M l c = Some c' ->
  let R := view B (below B c) in let R' := view B (below B c') in
  outside w (store R') = outside w (store R) /\ beyond R' = beyond R /\ kept B (below B c) (below B c').
Proof.
  intros l c c' OK S. destruct (session_spec O M (monitored_faithful O B w F) l c OK) as (d & S' & _ & _ & K).
  rewrite S in S'. injection S' as <-. destruct K as (K & X & Y). auto.
Qed.

(* The same for registers: however a direct run ends, the real ones are what `resume` makes of the virtual ones, aged.
   Every resource is parked, as it was loaded. *)
Theorem parked : forall k c i c' e, ok M c -> direct_run B w (allowance directly k (virtual B c)) c = (i, c', e) ->
  directly (user (virtual B c)) = true -> regs (view B (below B c')) = after i (resume w (virtual B c')) /\ e <> Killed.
Proof.
  intros k c i c' e OK E D. unfold allowance in E. rewrite D in E.
  eapply (direct_run_spec O B w F) in E; auto; [|destruct (due_in (virtual B c)); cbn; auto; lia].
  destruct E as (_ & _ & _ & _ & _ & _ & [_ _ RE] & EN). split; [exact RE|].
  destruct EN as [[-> _]|(t & -> & _)]; discriminate.
Qed.

(* Efficiency: the reasons for which a step is interpreted. There are no others. *)
Inductive reason (V : state) : Prop :=
| Due (i : trap) : prologue (regs V) = Some i -> reason V
| Withheld : directly (user (regs V)) = false -> reason V
| Unreachable (t : trap) : locate (size V) (regs V) = inl t -> reason V
| Refused n R (x : word) (t : trap) :  (* by the real machine, in the body of the very instruction *)
    corresponds w n V R -> word_at V = Some x -> word_at R = Some x -> body x R = Traps t ->
    would_trap x V \/ traps V -> reason V.

Lemma justified_reason V : proper (regs V) -> justified (directly := directly) w V -> reason V.
Proof.
  intros P [D|[D|(NP & D & n & R & C & t & T)]].
  - destruct (prologue (regs V)) eqn:Q; [eapply Due; eauto|congruence].
  - now apply Withheld.
  - pose proof (composition _ O _ _ _ _ P D C) as CO. destruct C as [LW WI RE].
    unfold attempt in T. rewrite RE, (quiet _ O w _ n _ LW P), <- RE in T.
    destruct (locate (size V) (regs V)) as [u|a] eqn:LV; [eapply Unreachable; eauto|].
    destruct (locate (size R) (regs R)) as [u|b] eqn:LR; [contradiction|].
    assert (WR : word_at R = Some (nth b (store R) blank)) by (unfold word_at; now rewrite LR).
    assert (C : corresponds w n V R) by (split; auto). pose proof (fetch _ O _ _ _ _ _ P D C WR) as WV.
    eapply Refused; eauto.
    destruct (attempt V) as [u|V'] eqn:AV; [right; now exists u|left].
    destruct (body (nth b (store R) blank) (State (lowered (regs V)) (store V) (beyond V))) as [u|V''] eqn:IN;
      [now exists u|exfalso].
    apply (efficiency _ O _ _ _ _ _ P D NP C WV).
    + intros (u & E). congruence.
    + intros (u & E). congruence.
    + exists t. unfold attempt. now rewrite RE, (quiet _ O w _ n _ LW P), <- RE, LR.
Qed.

Let all_logged := logged (directly := directly) B w.

Lemma deliver_logged fuel : forall n c c', n <= fuel -> ok M c -> deliver M fuel n c = Some c' -> all_logged c c'.
Proof.
  assert (N : forall c, all_logged c c) by (intro; exists []; split; auto).
  induction fuel as [|fuel IH]; intros [|n] c c' LE OK E; try lia; try (injection E as <-; apply N).
  cbn [deliver] in E. destruct (run_to_trap M (S n) c) as [[i c1] e] eqn:R.
  destruct (loop_spec O B w F _ _ _ _ _ _ (le_n _) OK R) as (BR & O1 & _ & G).
  destruct e as [|t|]; [injection E as <-; exact G| |discriminate].
  pose proof (monitored_faithful O B w F) as FM. destruct (ok_proper M FM c1 O1) as [P1 L1].
  destruct (step_keeps O _ P1 L1) as [P2 S2].
  destruct (bare_run_ends _ _ _ _ _ BR) as [[X _]|(u & X & A & _)]; [discriminate|injection X as <-].
  assert (ST : step (view M c1) = enter t (view M c1)) by (unfold step; now rewrite (A : attempt (view M c1) = _)).
  rewrite ST in P2, S2.
  destruct (put_spec M FM _ c1 O1 P2 S2) as (_ & O2 & _). eapply logged_trans; [exact G|].
  apply (IH (S n - S i) (put M (enter t (view M c1)) c1)); auto; lia.
Qed.

Theorem efficiency_of_sessions : forall l c c', ok M c -> session M l c = Some c' ->
  exists new, log B c' = new ++ log B c /\ Forall reason new.
Proof.
  intros l c c' OK S. enough (G : all_logged c c').
  { destruct G as (new & E & A). exists new. split; auto. eapply Forall_impl; [|exact A].
    intros V [P J]. now apply justified_reason. }
  revert c OK S. induction l as [|[n e] l IH]; intros c OK S; cbn in S.
  - injection S as <-. exists []. split; auto.
  - destruct (run M n c) as [c1|] eqn:R; [|discriminate]. pose proof (monitored_faithful O B w F) as FM.
    destruct (deliver_spec O M FM n n c (le_n n) OK) as (d & D & _ & O1 & _). unfold run in R. rewrite R in D.
    injection D as <-. destruct (ok_proper M FM c1 O1) as [P1 _].
    destruct (put_spec M FM (act e (view M c1)) c1 O1 (act_proper e _ P1) (act_size e _)) as (_ & O2 & _).
    eapply logged_trans; [exact (deliver_logged _ _ _ _ (le_n n) OK R)|]. exact (IH (put M _ c1) O2 S).
Qed.

(* In the paper's words, innocuous instructions run directly: no step is interpreted that is due for nothing, in a mode
   that runs directly, and that neither traps nor would in the mode of guests. *)
Theorem innocuous_run_directly : forall l c c', ok M c -> session M l c = Some c' ->
  exists new, log B c' = new ++ log B c /\
  forall V V' x, In V new -> directly (user (regs V)) = true -> word_at V = Some x -> attempt V = Runs V' ->
    would_trap x V.
Proof.
  intros l c c' OK S. destruct (efficiency_of_sessions l c c' OK S) as (new & E & J). exists new. split; auto.
  intros V V' x I D X A. rewrite Forall_forall in J. pose proof A as A'. unfold attempt, word_at in A', X.
  destruct (J V I) as [i Q|W|t U|n R y t _ WV _ _ [G|[u T]]].
  - rewrite Q in A'. discriminate.
  - congruence.
  - rewrite U in X. discriminate.
  - unfold word_at in WV. rewrite X in WV. now injection WV as <-.
  - congruence.
Qed.

(* Privileged in the strict sense: it never runs in user mode. *)
Definition guarded (x : word) : Prop :=
  forall s, proper (regs s) -> user (regs s) = true -> exists t, body x s = Traps t.

(* And what is privileged never runs directly: the real machine is in user mode, and the word is the same. *)
Theorem guarded_traps n V R x : proper (regs V) -> corresponds w n V R -> word_at R = Some x -> guarded x -> traps R.
Proof.
  intros P C X G. destruct C as [LW WI RE]. destruct (put_get _ O w _ n _ LW P) as (_ & _ & U).
  assert (PR : proper (regs R)) by (rewrite RE; eapply (assumption _ O); eauto). rewrite <- RE in U.
  destruct (G R PR U) as [t T]. exists t. unfold attempt, word_at in *.
  rewrite RE, (quiet _ O w _ n _ LW P), <- RE. destruct (locate (size R) (regs R)); [discriminate|]. congruence.
Qed.

End OneMonitor.
