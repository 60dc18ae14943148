(* The theorems applied to the toy, and a guest of it that runs in a window of a window.

   `toy_satisfies` leaves nothing open, so the hypotheses of the theorems are not contradictory. *)

Require Import Machine Obligations Dispatcher Simulation Theorems Towers Toy ToyObligations.

(* A machine that masks nothing satisfies all obligations: no instruction that runs directly touches the timer. *)
Theorem toy_satisfies : @Obligations parts (machine (fun _ => true)) (monitor (fun _ => true)) always.
Proof.
  others (fun _ : nat => true).
  intros w n V R R' V' X E. destruct (direct_step_of_toy (fun _ => true) w n V R R' X) as (a & m & _ & A & _).
  pose proof (eq_trans (eq_sym A) E) as S. injection S as <-. destruct X as (_ & _ & NP & _). cbn in *.
  destruct (timer (regs V)) as [|[|k]]; cbn in *; try easy; f_equal; lia.
Qed.

Local Instance toy : Machine := machine (fun _ => true).
Local Instance its_monitor : Monitor := monitor (fun _ => true).

Example toy_sessions : forall ws l c, ok (tower always ws) c -> exists c',
  session (tower always ws) l c = Some c' /\ view (tower always ws) c' = bare_session l (view (tower always ws) c).
Proof.
  intros ws l c OK.
  destruct (session_spec toy_satisfies _ (tower_faithful toy_satisfies ws) l c OK) as (c' & S & V & _). eauto.
Qed.

(* Start the timer, then add word 5 until it interrupts; the trap entry leads to word 1, and so to the start. *)
Definition program : list nat := [0; 6 * 3 + 2; 6 * 5; 6 * 5; 6 * 5; 7; 0; 0].
Definition inner : window := Window 2 8.
Definition outer : window := Window 3 12.
Definition below_all : state := State (Regs 0 1 false 0 64 0 0) (repeat 0 5 ++ program ++ repeat 0 5) [].

Definition first_level := Level bare (Regs 0 1 false 0 64 0 0) [] below_all [].
Definition second_level := Level (monitored bare always outer) (Regs 0 1 false 0 64 0 0) [] first_level [].
Definition two := monitored (monitored bare always outer) always inner.

Example second_level_is_ok : ok two second_level /\ store (view two second_level) = program.
Proof. vm_compute. repeat split; lia. Qed.

(* Ten steps: the three that start the timer and the two interrupts are interpreted, the additions run directly. *)
Example the_guest_runs :
  match session two [(10, Event (fun s => s) (fun _ => eq_refl) (fun _ p => p))] second_level with
  | Some c => view two c = steps 10 (view two second_level) /\ acc (regs (view two c)) = 35 /\ length (log _ c) = 5
  | None => False
  end.
Proof. vm_compute. repeat split. Qed.

Print Assumptions toy_satisfies.
Print Assumptions toy_sessions.
Print Assumptions the_guest_runs.
