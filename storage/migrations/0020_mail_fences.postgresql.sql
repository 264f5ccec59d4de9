-- The second fence around the tables of 0020_mail.

SELECT fence('mails');
SELECT fence('reset_links');
