<?php // A receiver as shops have them: it verifies by hand, and prints to standard error.
$secret = base64_decode(substr(getenv('WEBHOOK_SECRET'), strlen('whsec_')));
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
$ours = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $secret, true));
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $theirs) {
    if (hash_equals($ours, $theirs) && abs(time() - (int) $time) < 300) {
        file_put_contents(getenv('WEBHOOK_OUT'), $body . "\n", FILE_APPEND | LOCK_EX);
        http_response_code(204);
        return;
    }
}
http_response_code(401);
