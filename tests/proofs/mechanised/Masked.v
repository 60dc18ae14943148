(* What happens without `timely`. Here the list of obligations says nothing of it (the test makes it so), and the toy's
   interrupt is masked while the accumulator is 0. All that is left of the list holds; and yet a guest that unmasks the
   interrupt with an addition, which runs directly, gets it too late. *)

Require Import Machine Obligations Dispatcher Toy ToyObligations.

Definition open (a : nat) : bool := negb (a =? 0).
Local Instance masked : Machine := machine open.
Local Instance its_monitor : Monitor := monitor open.

Theorem obligations_hold : Obligations always.
Proof. others open. exact I. Qed.

(* Start the timer, let it run out while it is masked, and unmask it: the next step must be the interrupt. *)
Definition program : list nat := [0; 6 * 2 + 2; 6 * 0; 6 * 6; 6 * 0; 0; 9].
Definition start : level bare := Level bare reset [] (State reset ([0; 0] ++ program ++ [0]) []) [].
Definition guest := monitored bare always (Window 2 7).

Theorem guest_differs : ok guest start /\ exists c,
  run guest 4 start = Some c /\ acc (regs (view guest c)) = acc (regs (steps 4 (view guest start))) /\
  pc (regs (view guest c)) = 5 /\ pc (regs (steps 4 (view guest start))) = 1.
Proof.
  split; [vm_compute; repeat split; lia|]. eexists. split; [vm_compute; reflexivity|]. vm_compute. repeat split.
Qed.

Print Assumptions obligations_hold.
Print Assumptions guest_differs.
