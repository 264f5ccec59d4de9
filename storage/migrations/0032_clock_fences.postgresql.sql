-- The second fence around the table of 0032_clock.

SELECT fence('clock');
