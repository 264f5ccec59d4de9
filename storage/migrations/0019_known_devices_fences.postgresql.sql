-- The second fence around the tables of 0019_known_devices.

SELECT fence('known_devices');
SELECT fence('exposures');
