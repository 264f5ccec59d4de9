-- The second fence around the table of 0011_service_metadata.

SELECT fence('service_metadata');
