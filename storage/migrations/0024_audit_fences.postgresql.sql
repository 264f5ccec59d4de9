SELECT fence('person_keys');
SELECT fence('audit_checkpoints');
SELECT fence('audit_turns');
