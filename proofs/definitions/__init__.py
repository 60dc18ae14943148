"""What is asked of a machine: the paper's definitions, the exact question, and what both presuppose.

`pairs` and `classification` have the letter; `mapping` and `exact` the theorem about whole steps; `assumptions`, `access`
and `machine_facts` the premises.
"""
