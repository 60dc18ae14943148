(* From single steps to whole runs: a monitored machine is again the machine that its view shows.

   `direct_steps` is the induction over a direct run, with counters that age below while virtual time waits; `loop_spec`
   the one over the dispatcher's rounds; `monitored_faithful` what both give. Next: Theorems.v. *)

Require Import Machine Obligations Dispatcher.

Section Simulation.
Context `{Monitor} {directly : bool -> bool} (O : Obligations directly).

Lemma after_none c : after 0 c = c.
Proof. apply (advance _ O c). Qed.

Lemma after_more n c : after (S n) c = after 1 (after n c).
Proof. rewrite <- Nat.add_1_r. apply (advance _ O c). Qed.

Lemma after_plus n m c : after n (after m c) = after (n + m) c.
Proof. induction n; [apply after_none|]. now rewrite after_more, IHn, <- after_more. Qed.

(* Time that passes for the virtual machine does not reach the real one. *)
Lemma resume_after w q n c : legal w q -> proper (after n c) -> resume w (after n c) = resume w c.
Proof. intros L P. now rewrite <- (injection _ O w q (after n c) c L P), (apart _ O). Qed.

Lemma step_keeps V : proper (regs V) -> least <= size V -> proper (regs (step V)) /\ size (step V) = size V.
Proof.
  intros P L. split; [now apply (assumption _ O)|].
  destruct (interpretation _ O V P L) as [R T]. unfold step. destruct (attempt V) eqn:A; auto.
Qed.

Lemma bare_run_keeps n s i s' e : proper (regs s) -> least <= size s -> bare_run n s = (i, s', e) ->
  proper (regs s') /\ size s' = size s.
Proof.
  intros P L E. rewrite (bare_run_steps _ _ _ _ _ E). clear E.
  revert s P L. induction i as [|i IH]; simpl; intros s P L; auto.
  destruct (step_keeps s P L) as [P' S']. destruct (IH (step s)) as [P'' S'']; [exact P'|lia|split; [exact P''|lia]].
Qed.

Lemma legal_size w V R : legal w (size R) -> store V = inside w (store R) -> size V = extent w /\ least <= size V.
Proof. intros [L M] E. unfold size. rewrite E, inside_length by exact L. auto. Qed.

(* ---- the one-step diagram *)

Lemma direct_step w n V R R' : ran directly w n V R R' -> exists V',
  attempt V = Runs V' /\ regs V' = after 1 (save (regs V) (regs R')) /\ beyond V' = beyond V /\
  proper (regs V') /\ corresponds w (n + 1) V' R'.
Proof.
  intros X. pose proof X as (P & _ & _ & C & AR). pose proof C as [LW WI RE].
  pose proof (direct _ O _ _ _ _ _ X) as AV. destruct (audit _ O _ _ _ _ _ X) as [SI _].
  destruct (legal_size _ _ _ LW WI) as [SV LV].
  assert (PR : proper (regs R)) by (rewrite RE; eapply (assumption _ O); eauto).
  assert (SR : size R' = size R).
  { destruct LW. apply (interpretation _ O R PR); [lia|exact AR]. }
  set (V' := State _ _ _) in AV. exists V'.
  assert (PV : proper (regs V')).
  { replace V' with (step V) by (unfold step; now rewrite AV). now apply step_keeps. }
  repeat split; auto; try (rewrite ?SR; apply LW).
  cbn [V' regs] in PV |- *. rewrite (resume_after w (size R)) by auto.
  symmetry. now apply (get_put _ O w (size R)).
Qed.

(* ---- a direct run *)

Definition not_before (k : nat) (due : option nat) : Prop := match due with None => True | Some h => k <= h end.

Lemma direct_steps w k : forall n V R i R' e,
  corresponds w n V R -> proper (regs V) -> directly (user (regs V)) = true -> not_before k (due_in (regs V)) ->
  bare_run k R = (i, R', e) -> exists V',
    bare_run i V = (i, V', Limit) /\ regs V' = after i (save (regs V) (regs R')) /\ beyond V' = beyond V /\
    proper (regs V') /\ directly (user (regs V')) = true /\ corresponds w (n + i) V' R' /\
    not_before (k - i) (due_in (regs V')) /\
    breach w (regs V) (regs R') (n + i) = false /\ beyond R' = beyond R /\
    outside w (store R') = outside w (store R).
Proof.
  induction k as [|k IH]; intros n V R i R' e C P D NB E.
  1: injection E as <- <- <-.
  2: cbn in E; destruct (attempt R) as [t|R1] eqn:AR; [injection E as <- <- <-|].
  1, 2: destruct C as [LW WI RE]; destruct (put_get _ O w _ n _ LW P) as (SG & BR & _);
    exists V; rewrite Nat.add_0_r, after_none, RE, SG, Nat.sub_0_r; repeat split; auto; apply LW.
  destruct (bare_run k R1) as [[j R2] e'] eqn:E1. injection E as <- <- <-.
  assert (NP : prologue (regs V) = None).
  { destruct (prologue (regs V)) eqn:Q; auto. exfalso. destruct (horizon _ O _ P) as [[_ Z] _].
    rewrite Z in NB by congruence. simpl in NB. lia. }
  assert (X : ran directly w n V R R1) by (repeat split; auto; apply C).
  destruct (direct_step _ _ _ _ _ X) as (V1 & AV & RV & BV & P1 & C1).
  destruct (audit _ O _ _ _ _ _ X) as [_ BY].
  destruct (put_put _ O w (regs V) (regs R1) (regs R2) 1 (n + 1 + j)) as (SS & BB & DD).
  rewrite <- RV in SS, BB, DD.
  assert (NB1 : not_before k (due_in (regs V1))).
  { pose proof (timely _ O _ _ _ _ _ _ X AV) as T. destruct (due_in (regs V)); rewrite T; simpl in *; lia || auto. }
  destruct (IH (n + 1) V1 R1 j R2 e' C1 P1) as (V2 & RU & RG & BY2 & P2 & D2 & C2 & NB2 & SI & BR & OU); auto.
  { now rewrite DD. }
  exists V2. replace (n + S j) with (n + 1 + j) by lia.
  repeat split; try apply C2; auto; try congruence.
  - cbn. now rewrite AV, RU.
  - rewrite RG, SS, after_plus. f_equal. lia.
  - rewrite OU. apply (frame _ O _ _ _ _ _ X).
Qed.

(* ---- the dispatcher, over a machine below that is what its view shows *)

Section Level.
Variables (B : realisation) (w : window) (F : faithful B).
Let M := monitored B directly w.

Lemma level_size c : ok M c -> size (view M c) = extent w /\ least <= size (view M c).
Proof. intros (_ & _ & L). now apply (legal_size w _ (view B (below B c))). Qed.

Lemma level_put_spec s c : ok M c -> proper (regs s) -> size s = size (view M c) ->
  view M (put M s c) = s /\ ok M (put M s c) /\ kept M c (put M s c).
Proof.
  intros OK P S. destruct (level_size c OK) as [SV _]. rewrite SV in S. destruct OK as (OB & _ & L).
  pose proof (ok_proper B F _ OB) as [PR _]. pose proof L as [L' _].
  set (R := view B (below B c)) in *.
  set (R' := State (regs R) (splice w (store R) (store s)) (beyond R)).
  assert (SR : size R' = size R) by apply (splice_length w _ _ L' S).
  destruct (put_spec B F R' _ OB PR SR) as (V & O' & K).
  change (put M s c) with (Level B (regs s) (beyond s) (put B R' (below B c)) (log B c)).
  repeat split; cbn; unfold level_view; cbn; rewrite ?V; auto; try (rewrite ?SR; apply L).
  - cbn. rewrite inside_splice by auto. now destruct s.
  - now apply outside_splice.
Qed.

(* After a direct run: the virtual machine has made as many steps, and nothing else has changed. *)
Lemma direct_run_spec k c i c' e : ok M c -> directly (user (virtual B c)) = true ->
  not_before k (due_in (virtual B c)) -> direct_run B w k c = (i, c', e) ->
  bare_run i (view M c) = (i, view M c', Limit) /\ ok M c' /\ kept M c c' /\ log B c' = log B c /\
  directly (user (virtual B c')) = true /\ not_before (k - i) (due_in (virtual B c')) /\
  let R := view B (below B c') in corresponds w i (view M c') R /\
  ((e = Limit /\ i = k) \/ (exists t, e = Trapped t /\ attempt R = Traps t /\ i < k)).
Proof.
  intros OK D NB E. destruct (level_size c OK) as [SV LV]. destruct OK as (OB & P & L).
  set (R0 := view B (below B c)) in *.
  set (loaded := State (resume w (virtual B c)) (store R0) (beyond R0)).
  assert (P0 : proper (regs loaded)).
  { cbn. rewrite <- (after_none (resume w (virtual B c))). eapply (assumption _ O); eauto. }
  destruct (put_spec B F loaded (below B c) OB P0 eq_refl) as (VL & OL & KL).
  unfold direct_run, load in E. fold R0 loaded in E.
  destruct (run_to_trap B k (put B loaded (below B c))) as [[j b] e1] eqn:RT.
  destruct (run_spec B F _ _ _ _ _ OL RT) as (BR & OB' & KB). rewrite VL in BR.
  assert (C : corresponds w 0 (view M c) loaded).
  { split; auto. cbn. now rewrite after_none. }
  destruct (direct_steps w k 0 _ _ _ _ _ C P D NB BR) as (V' & RU & RV & BV & PV & DV & CV & NV & SI & BY & OU).
  destruct (bare_run_keeps _ _ _ _ _ P0 ltac:(destruct L; unfold size; cbn; unfold size in *; lia) BR) as [_ SZ].
  cbn in SI, BY, RV. rewrite SI in E. rewrite BY in E. cbn in E. rewrite Nat.eqb_refl in E. cbn in E.
  injection E as <- <- <-.
  assert (VE : V' = view M (Level B (after j (save (virtual B c) (regs (view B b)))) (devices B c) b (log B c))).
  { destruct V' as [r s x]; cbn in *. unfold level_view; cbn. subst r x. f_equal. apply CV. }
  rewrite <- VE. cbn. rewrite <- RV.
  repeat split; auto; try apply (kept_trans B F _ _ _ KL KB); try apply CV; try (rewrite SZ; apply L).
  exact (bare_run_ends _ _ _ _ _ BR).
Qed.

(* Why a step was interpreted: an interrupt was due, the mode is one that does not run directly, or the real machine
   trapped. *)
Definition justified (V : state) : Prop :=
  prologue (regs V) <> None \/ directly (user (regs V)) = false \/
  (prologue (regs V) = None /\ directly (user (regs V)) = true /\ exists n R, corresponds w n V R /\ traps R).

Definition logged (c c' : level B) : Prop := exists new, log B c' = new ++ log B c /\
  Forall (fun V => proper (regs V) /\ justified V) new.

Lemma logged_trans a b c : logged a b -> logged b c -> logged a c.
Proof.
  intros (l & E & A) (m & G & Z). exists (m ++ l). split; [now rewrite G, E, app_assoc|]. apply Forall_app; auto.
Qed.

(* One interpreted step is the bare step by definition, and what is written goes through the window. *)
Lemma interpret_spec c c' t : ok M c -> justified (view M c) -> interpret B w c = (c', t) ->
  ok M c' /\ kept M c c' /\ logged c c' /\
  match t with
  | None => attempt (view M c) = Runs (view M c')
  | Some t => attempt (view M c) = Traps t /\ view M c' = view M c
  end.
Proof.
  intros OK J E. destruct (level_size c OK) as [_ LV].
  assert (P : proper (regs (view M c))) by apply OK.
  unfold interpret in E. set (c0 := Level _ _ _ _ _) in E.
  assert (G : logged c c0) by (exists [view M c]; split; [reflexivity|constructor; [split; assumption|constructor]]).
  destruct (interpretation _ O _ P LV) as [SZ _]. pose proof (step_keeps _ P LV) as [PS _]. unfold step in PS.
  change (level_view B w c) with (view M c) in E. destruct (attempt (view M c)) as [u|s] eqn:A; injection E as <- <-.
  - repeat split; auto; try apply OK. apply (kept_refl B F).
  - change (view M c) with (view M c0) in SZ. destruct (level_put_spec s c0 OK PS (SZ _ eq_refl)) as (V & O' & K).
    change (kept M c (put M s c0)) in K. repeat split; try apply O'; try apply K; auto. f_equal. symmetry. exact V.
Qed.

Lemma kept_M_trans a b c : kept M a b -> kept M b c -> kept M a c.
Proof. intros (K & X & Y) (L & Z & U). repeat split; try congruence. eapply (kept_trans B F); eauto. Qed.

Lemma loop_spec fuel : forall limit c i c' e, limit <= fuel -> ok M c -> loop B directly w fuel limit c = (i, c', e) ->
  bare_run limit (view M c) = (i, view M c', e) /\ ok M c' /\ kept M c c' /\ logged c c'.
Proof.
  assert (N : forall c, logged c c) by (intro; exists []; split; auto).
  induction fuel as [|fuel IH]; intros [|limit] c i c' e LE OK E; try lia.
  1, 2: injection E as <- <- <-; repeat split; auto; try apply OK; apply (kept_refl B F).
  cbn [loop] in E. remember (S limit) as total eqn:T.
  (* one interpreted step, after n direct ones, and what follows *)
  assert (SINGLE : forall n c1 i c' e, n <= limit -> ok M c1 -> justified (view M c1) ->
    (match interpret B w c1 with
     | (c2, Some t) => (n, c2, Trapped t)
     | (c2, None) => let '(m, c3, e3) := loop B directly w fuel (total - S n) c2 in (S n + m, c3, e3)
     end) = (i, c', e) ->
    exists m, i = n + m /\ bare_run (total - n) (view M c1) = (m, view M c', e) /\
    ok M c' /\ kept M c1 c' /\ logged c1 c').
  { clear - O IH LE T F. intros n c1 i c' e LN OK J E.
    replace (total - n) with (S (total - S n)) by lia. cbn [bare_run].
    destruct (interpret B w c1) as [c2 t] eqn:I. destruct (interpret_spec _ _ _ OK J I) as (O2 & K2 & G2 & A).
    destruct t as [t|].
    - injection E as <- <- <-. destruct A as [-> ->]. exists 0. repeat split; try apply K2; try apply O2; auto; lia.
    - destruct (loop B directly w fuel (total - S n) c2) as [[m c3] e3] eqn:R. injection E as <- <- <-.
      destruct (IH (total - S n) c2 m c3 e3 ltac:(lia) O2 R) as (RU & O3 & K3 & G3). rewrite A, RU. exists (S m).
      repeat split; try apply O3; try apply (kept_M_trans _ _ _ K2 K3); try apply (logged_trans _ _ _ G2 G3); lia. }
  destruct (allowance directly total (virtual B c)) as [|k] eqn:AL.
  - (* nothing may run directly *)
    destruct (SINGLE 0 c i c' e ltac:(lia) OK) as (m & -> & R); [|exact E|now rewrite Nat.sub_0_r in R].
    unfold allowance in AL. destruct (directly (user (virtual B c))) eqn:D; [|right; left; exact D].
    destruct (due_in (virtual B c)) as [h|] eqn:HO; [|lia]. left.
    apply (horizon _ O); [apply OK|]. cbn. rewrite HO. f_equal. lia.
  - (* a direct run first *)
    assert (DA : directly (user (virtual B c)) = true /\ not_before (S k) (due_in (virtual B c)) /\ S k <= total).
    { unfold allowance in AL. destruct (directly (user (virtual B c))); [|discriminate].
      destruct (due_in (virtual B c)); cbn; repeat split; lia. }
    destruct DA as (D & NB & LT). destruct (direct_run B w (S k) c) as [[n c1] e1] eqn:DR.
    destruct (direct_run_spec _ _ _ _ _ OK D NB DR) as (RU & O1 & K1 & LG & D1 & NB1 & C & EN).
    assert (G1 : logged c c1) by (exists []; split; auto).
    assert (JOIN : forall m s e, bare_run (total - n) (view M c1) = (m, s, e) -> n <= total ->
      bare_run total (view M c) = (n + m, s, e)).
    { intros m s e2 A1 A2. replace total with (n + (total - n)) by lia. now rewrite (bare_run_plus _ _ _ _ RU), A1. }
    destruct EN as [[-> EK]|(t & -> & AR & LK)].
    + destruct (loop B directly w fuel (total - n) c1) as [[m c2] e2] eqn:LO. injection E as <- <- <-.
      destruct (IH (total - n) c1 m c2 e2 ltac:(lia) O1 LO) as (R2 & O2 & K2 & G2).
      repeat split; try apply O2; try apply (kept_M_trans _ _ _ K1 K2); try apply (logged_trans _ _ _ G1 G2).
      apply JOIN; auto; lia.
    + assert (J : justified (view M c1)).
      { right; right. repeat split; auto; [|exists n, (view B (below B c1)); split; [auto|exists t; auto]].
        destruct (prologue (regs (view M c1))) eqn:Q; auto. exfalso.
        destruct (horizon _ O _ (proj1 (proj2 O1))) as [[_ Z] _]. change (virtual B c1) with (regs (view M c1)) in *.
        rewrite Z in NB1 by congruence. unfold not_before in NB1. lia. }
      destruct (SINGLE n c1 i c' e ltac:(lia) O1 J E) as (m & -> & R2 & O2 & K2 & G2).
      repeat split; try apply O2; try apply (kept_M_trans _ _ _ K1 K2); try apply (logged_trans _ _ _ G1 G2).
      apply JOIN; auto; lia.
Qed.

Theorem monitored_faithful : faithful M.
Proof.
  split.
  - intros c OK. split; [apply OK|now apply level_size].
  - intros c. repeat split. apply (kept_refl B F).
  - exact kept_M_trans.
  - exact level_put_spec.
  - intros n c i c' e OK E. destruct (loop_spec n n c i c' e (le_n n) OK E) as (R & O' & K & _). auto.
Qed.

End Level.
End Simulation.
