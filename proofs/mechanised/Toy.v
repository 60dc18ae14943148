(* A small machine and its monitor, to show that the obligations can hold.

   It has an accumulator, a mode, a base and a bound, a timer whose interrupt the accumulator may mask (`open` says for
   which of its values it does not), and a clock that nobody stops; six instructions, three of them privileged.
   Next: ToyObligations.v, where it is proved to satisfy them. *)

Require Import Machine Obligations.

Record registers := Regs {
  acc : nat; pc : nat; is_user : bool; base : nat; bound : nat; timer : nat; clock : nat;
}.

Global Instance parts : Parts := {| cpu := registers; word := nat; world := list nat; trap := nat |}.

(* ---- time: a timer that runs down to 1 and waits there, a clock that counts up *)

Definition ticked (t : nat) : nat := match t with S (S n) => S n | _ => t end.
Definition aged (n : nat) (c : registers) : registers :=
  Regs (acc c) (pc c) (is_user c) (base c) (bound c) (Nat.iter n ticked (timer c)) (clock c + n).

(* ---- a step *)

Definition place (q : nat) (c : registers) (a : nat) : nat + nat :=
  if (a <? bound c) && (base c + a <? q) then inr (base c + a) else inl 1.

Definition update (a x : nat) (l : list nat) : list nat :=
  firstn a l ++ match skipn a l with [] => [] | _ :: r => x :: r end.

Definition next (c : registers) (a : nat) : registers :=
  Regs a (pc c + 1) (is_user c) (base c) (bound c) (ticked (timer c)) (clock c + 1).

Definition privileged (c : registers) (s : state) : outcome := if is_user c then Traps 2 else Runs s.

(* The instruction is the word's remainder by six, its operand the quotient. *)
Definition execute (x : nat) (s : state) : outcome :=
  let c := regs s in
  let n := x / 6 in
  match x mod 6 with
  | 0 => match place (size s) c n with  (* add a word *)
         | inl t => Traps t
         | inr a => Runs (State (next c (acc c + nth a (store s) 0)) (store s) (beyond s))
         end
  | 1 => match place (size s) c n with  (* store *)
         | inl t => Traps t
         | inr a => Runs (State (next c (acc c)) (update a (acc c) (store s)) (beyond s))
         end
  | 2 => privileged c (State (Regs (acc c) (pc c + 1) false (base c) (bound c) n (clock c + 1)) (store s) (beyond s))
  | 3 => privileged c (State (next c (acc c)) (store s) (acc c :: beyond s))  (* send *)
  | 4 => privileged c (State (Regs (acc c) 0 true n (bound c) (ticked (timer c)) (clock c + 1)) (store s) (beyond s))
  | _ => Traps 3  (* call the supervisor *)
  end.

(* The trap entry saves the pc in word 0. *)
Definition deliver_trap (t : nat) (s : state) : state :=
  let c := regs s in
  State (Regs (acc c) 1 false 0 (size s) 0 (clock c)) (update 0 (pc c) (store s)) (beyond s).

Definition machine (open : nat -> bool) : Machine := {|
  prologue c := if (timer c =? 1) && open (acc c) then Some 0 else None;
  locate q c := place q c (pc c);
  blank := 0 : @word parts;
  body := execute;
  enter := deliver_trap;
  reset := Regs 0 1 false 0 64 0 0 : @cpu parts;
  proper _ := True;
  user := is_user;
  least := 1;
|}.

(* ---- its monitor *)

Definition mapped (w : window) (c : registers) : registers :=
  let room := if base c <? extent w then extent w - base c else 0 in
  Regs (acc c) (pc c) true (offset w + base c) (min (bound c) room) 0 0.

Definition saved (c r : registers) : registers :=
  Regs (acc r) (pc r) (is_user c) (base c) (bound c) (timer c) (clock c).

Definition audit_fires (w : window) (c r : registers) (n : nat) : bool :=
  let m := mapped w c in
  negb (is_user r && (base r =? base m) && (bound r =? bound m) && (timer r =? 0) && (clock r =? n)).

Definition monitor (open : nat -> bool) : @Monitor parts (machine open) := {|
  resume := mapped : window -> @cpu parts -> @cpu parts;
  save := saved : @cpu parts -> @cpu parts -> @cpu parts;
  breach := audit_fires : window -> @cpu parts -> @cpu parts -> nat -> bool;
  after := aged : nat -> @cpu parts -> @cpu parts;
  due_in c := if open (acc c) then match timer c with 0 => None | S n => Some n end else None;
  granted c d := Regs (acc c) (pc c) (is_user c) (base c) (bound c) (timer d) (clock d) : @cpu parts;
  lowered c := Regs (acc c) (pc c) true (base c) (bound c) (timer c) (clock c) : @cpu parts;
  traffic := @length nat : @world parts -> nat;
|}.

(* ---- facts *)

Lemma parked_timer n : Nat.iter n ticked 0 = 0.
Proof. induction n; simpl; auto. now rewrite IHn. Qed.

Lemma aged_mapped n w c : aged n (mapped w c) =
  Regs (acc c) (pc c) true (base (mapped w c)) (bound (mapped w c)) 0 n.
Proof. unfold aged. cbn [mapped timer clock acc pc is_user]. now rewrite parked_timer. Qed.

Lemma update_length a x l : length (update a x l) = length l.
Proof.
  unfold update. rewrite <- (firstn_skipn a l) at 3. rewrite !app_length. destruct (skipn a l); auto.
Qed.

Lemma update_inside w a x l : a < extent w -> offset w + extent w <= length l ->
  inside w (update (offset w + a) x l) = update a x (inside w l).
Proof.
  destruct w as [o n]; unfold inside; simpl. revert l. induction o as [|o IH]; intros l A L.
  - simpl in *. revert n l A L. induction a as [|a IA]; intros n [|y l] A L; simpl in *; try lia.
    + destruct n; [lia|]. reflexivity.
    + destruct n; [lia|]. unfold update in *. simpl. f_equal. apply IA; lia.
  - destruct l as [|y l]; simpl in *; [lia|]. apply IH; lia.
Qed.

Lemma update_outside w a x l : a < extent w -> outside w (update (offset w + a) x l) = outside w l.
Proof.
  destruct w as [o n]; unfold outside; simpl. intros A. f_equal.
  - revert l. induction o as [|o IH]; intros [|y l]; simpl; auto; try now destruct a.
    unfold update in *. simpl. f_equal. apply IH.
  - replace (o + n) with (o + a + S (n - a - 1)) by lia. generalize (n - a - 1) as k. intro k.
    generalize (o + a) as i. intro i. revert l. induction i as [|i IH]; intros [|y l]; simpl; auto.
    unfold update in *. simpl. apply IH.
Qed.

(* The composed relocation, for any address. *)
Lemma composed w c q n (a : nat) : offset w + extent w <= q ->
  match place (extent w) c a, place q (aged n (mapped w c)) a with
  | inl t, inl u => t = u
  | inr b, inr d => d = offset w + b /\ b < extent w
  | _, _ => False
  end.
Proof.
  intros L. rewrite aged_mapped. unfold place, mapped. cbn [bound base].
  destruct (base c <? extent w) eqn:E1; destruct (a <? bound c) eqn:E2; destruct (base c + a <? extent w) eqn:E3;
    cbn [andb];
    repeat match goal with
    | H : (_ <? _) = true |- _ => apply Nat.ltb_lt in H
    | H : (_ <? _) = false |- _ => apply Nat.ltb_ge in H
    | |- context [?x <? ?y] => destruct (x <? y) eqn:?
    end; cbn; try split; lia.
Qed.
