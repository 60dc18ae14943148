(* The toy satisfies the obligations: `timely` if the accumulator masks nothing, and the others whatever it masks.
   Next: ToyRuns.v, the theorems applied to it. *)

Require Import Machine Obligations Toy.

Arguments aged : simpl never.
Arguments mapped : simpl never.
Arguments place : simpl never.
Arguments audit_fires : simpl never.

Section Obligations.
Variable open : nat -> bool.
Local Instance this : Machine := machine open.
Local Instance its : Monitor := monitor open.

Lemma same_place w n V R a : corresponds w n V R ->
  match place (size V) (regs V) a, place (size R) (regs R) a with
  | inl t, inl u => t = u
  | inr b, inr d => d = offset w + b /\ b < extent w /\ nth d (store R) 0 = nth b (store V) 0
  | _, _ => False
  end.
Proof.
  intros [[L M] WI RE]. cbn in RE. pose proof (composed w (regs V) (size R) n a L) as P.
  assert (S : size V = extent w) by (unfold size; rewrite WI; now apply inside_length). rewrite S, RE.
  destruct (place (extent w) (regs V) a), (place (size R) _ a); auto. destruct P as [-> B].
  repeat split; auto. now rewrite WI, nth_inside.
Qed.

(* A direct step adds or stores; everything that is asked of it can be read off. *)
Lemma direct_step_of_toy w n V R R' : ran always w n V R R' -> exists a m,
  R' = State (next (aged n (mapped w (regs V))) a) m (beyond R) /\
  attempt V = Runs (State (next (regs V) a) (inside w m) (beyond V)) /\ outside w m = outside w (store R).
Proof.
  intros (_ & _ & NP & C & AR). pose proof (same_place w n V R (pc (regs V)) C) as PC.
  assert (I : forall i, _) by exact (fun i => same_place w n V R i C).
  destruct C as [[L M] WI RE]. cbn in RE. unfold attempt in *. rewrite NP. cbn in AR |- *.
  assert (T : timer (regs R) = 0) by (rewrite RE, aged_mapped; reflexivity).
  assert (U : is_user (regs R) = true) by (rewrite RE, aged_mapped; reflexivity).
  assert (PR : pc (regs R) = pc (regs V)) by (rewrite RE, aged_mapped; reflexivity).
  assert (AC : acc (regs R) = acc (regs V)) by (rewrite RE, aged_mapped; reflexivity).
  rewrite T, PR in AR. cbn in AR.
  destruct (place (size V) (regs V) _) as [t|p], (place (size R) (regs R) _) as [u|q]; try easy.
  destruct PC as (_ & _ & PW). cbn in PW. rewrite PW in AR. unfold execute, privileged in *. rewrite U, AC in AR.
  change (@word parts) with nat in *. set (x := @nth nat p (store V) 0) in *. specialize (I (x / 6)).
  destruct (x mod 6) as [|[|[|[|[|k]]]]]; try discriminate;
    destruct (place (size V) (regs V) _) as [t|b], (place (size R) (regs R) _) as [u|d]; try contradiction;
    try discriminate;
    injection AR as <-; destruct I as (-> & B & E); rewrite <- RE.
  - rewrite E. exists (acc (regs V) + nth b (store V) 0), (store R). now rewrite WI.
  - exists (acc (regs V)), (update (offset w + b) (acc (regs V)) (store R)).
    now rewrite update_inside, update_outside, <- WI.
Qed.

Lemma would_trap_of_toy x V : In (x mod 6) [2; 3; 4] -> would_trap x V.
Proof. intros X. exists 2. cbn. unfold execute. now destruct X as [<-|[<-|[<-|[]]]]. Qed.

Lemma size_of_toy V V' : attempt V = Runs V' -> size V' = size V.
Proof.
  unfold attempt. destruct (prologue (regs V)); [discriminate|]. destruct (locate (size V) (regs V)); [discriminate|].
  change (body ?x V) with (execute x V). unfold execute, privileged. intros E.
  destruct (nth _ (store V) blank mod 6) as [|[|[|[|[|k]]]]]; try discriminate;
    try destruct (place _ _ _); try destruct (is_user _); try discriminate; injection E as <-; auto.
  apply update_length.
Qed.

Lemma efficiency_of_toy w n V R x : prologue (regs V) = None -> corresponds w n V R -> word_at V = Some x ->
  ~ would_trap x V -> ~ traps V -> ~ traps R.
Proof.
  intros NP C W NG NT [t T]. apply NT. pose proof (same_place w n V R (pc (regs V)) C) as PC.
  pose proof (same_place w n V R (x / 6) C) as PX. destruct C as [_ _ RE].
  assert (RG : timer (regs R) = 0 /\ pc (regs R) = pc (regs V)).
  { rewrite RE. cbn. rewrite aged_mapped. auto. }
  destruct RG as [TR PR]. unfold traps, attempt, word_at in *. rewrite NP. cbn in T, W |- *. rewrite TR, PR in T.
  cbn in T. change (@word parts) with nat in *.
  destruct (place (size V) (regs V) (pc (regs V))) as [u|p], (place (size R) (regs R) _) as [v|q]; try easy; eauto.
  destruct PC as (_ & _ & E). change (@word parts) with nat in *. rewrite E in T. injection W as W.
  change (@word parts) with nat in *. rewrite W in T |- *. unfold execute in *.
  pose proof (would_trap_of_toy x V) as G. unfold In in G.
  destruct (x mod 6) as [|[|[|[|[|k]]]]]; try (exfalso; apply NG, G; tauto); try (eexists; reflexivity);
    destruct (place (size V) _ _), (place (size R) _ _); try easy; eexists; reflexivity.
Qed.

Lemma nesting_of_toy outer inner q c : legal outer q -> legal inner (extent outer) ->
  mapped outer (mapped inner c) = mapped (within outer inner) c.
Proof.
  intros [L _] [L' _]. unfold mapped, within. cbn [offset extent base bound acc pc]. f_equal; [lia|].
  repeat match goal with |- context [?x <? ?y] => destruct (Nat.ltb_spec x y) end; lia.
Qed.

End Obligations.

(* Proves all obligations but `timely`, which depends on what the accumulator masks. *)
Ltac others open :=
  split;
  [ intros w q n c _ _; cbn; rewrite aged_mapped; unfold saved, audit_fires, mapped; cbn;
    rewrite !Nat.eqb_refl; now destruct c
  | intros w q n c r _ _; cbn; rewrite aged_mapped; unfold audit_fires, mapped; cbn; intros E;
    apply negb_false_iff in E; rewrite !andb_true_iff, !Nat.eqb_eq in E;
    destruct E as ((((U & B) & C) & D) & F), r; cbn in *; congruence
  | intros w c r r' k n; repeat split
  | intros w q n c _ _; cbn; now rewrite aged_mapped
  | intros w n V R _ _ C; pose proof (same_place open w n V R (pc (regs V)) C) as P;
    destruct C as [_ _ RE]; cbn in RE |- *;
    replace (pc (regs R)) with (pc (regs V)) by (rewrite RE; reflexivity);
    destruct (place (size V) _ _), (place (size R) _ _); tauto
  | intros w n V R x _ _ C; pose proof (same_place open w n V R (pc (regs V)) C) as P; destruct C as [_ _ RE];
    unfold word_at; cbn in RE |- *; replace (pc (regs R)) with (pc (regs V)) by (rewrite RE; reflexivity);
    destruct (place (size V) _ _), (place (size R) _ _); try easy;
    destruct P as (_ & _ & E); intros W; rewrite <- W; f_equal; symmetry; exact E
  | intros w n V R R' X; destruct (direct_step_of_toy open w n V R R' X) as (a & m & -> & A & OU);
    etransitivity; [exact A | reflexivity]
  | idtac
  | intros w n V R R' X; destruct (direct_step_of_toy open w n V R R' X) as (a & m & -> & A & OU);
    exact OU
  | intros w n V R R' X; destruct (direct_step_of_toy open w n V R R' X) as (a & m & -> & A & OU);
    split; [|reflexivity]; cbn; rewrite aged_mapped; unfold audit_fires, mapped; cbn; now rewrite !Nat.eqb_refl
  | cbn; auto
  | intros V _ _; split; [intros V'; apply (size_of_toy open) | intros u; apply update_length]
  | intros w n V R x _ _ NP C; exact (efficiency_of_toy open w n V R x NP C)
  | reflexivity
  | intros c; cbn; unfold aged; cbn; split; [rewrite Nat.add_0_r; now destruct c|];
    intros n; rewrite !Nat.add_1_r; cbn; f_equal; lia
  | intros n c; cbn; unfold aged; cbn; now destruct c
  | intros c _; cbn; unfold aged; cbn; destruct (timer c) as [|[|k]]; cbn;
    repeat match goal with |- context [if ?b then _ else _] => destruct b end; repeat split; intros; congruence
  | intros outer inner q c L L' _; exact (nesting_of_toy open outer inner q c L L') ].
