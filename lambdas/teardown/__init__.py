"""The end of a class: freeze, scan, plan, apply, verify, report. Deletes on proof alone; an error is never clean."""
