import type { Family } from './facts.ts';
import { codeIs, nameIs, type Rule, says, unanswered } from './rule.ts';

/** Words of a lost connection count only where no HTTP status came: an error of a server may quote them. */
const lost: readonly Family[] = ['none'];

const certificateCode =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET|DECRYPT|DECODE)|ERR_TLS_CERT|INVALID_CA|HOSTNAME_MISMATCH|ERR_CERT_|ERR_SSL_(?:WRONG_VERSION|UNSUPPORTED|TLSV1_ALERT_(?:PROTOCOL|UNKNOWN_CA|ACCESS)|SSLV3_ALERT_(?:HANDSHAKE|CERTIFICATE)|NO_|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST))/;

const certificateWords =
  /self[- ]signed certificate|certificate (?:has expired|verify failed|is not trusted|not trusted|has been revoked|is not yet valid|signed by unknown)|certificate_verify_failed|unable to (?:verify the first|get (?:local )?issuer) certificate|hostname\/ip does not match|hostname mismatch|wrong version number|unknown certificate|invalidcertificate|invalid peer certificate|unknownissuer|x509:|net::err_cert|handshake failure|unsupported protocol|SSLCertVerificationError|altnames|PKIX path building|valid certification path/i;

/** An exception without an answer: the code says more than the words, the deepest cause more than its wrapper. */
export const networkRules: readonly Rule[] = [
  unanswered(['certificate-code', 'tls', ({ codes }) => codes.find(code => certificateCode.test(code))]),
  says('certificate', 'tls', lost, certificateWords),
  says(
    'tls-record',
    'tls-transient',
    lost,
    /bad record mac|decryption failed|bad decrypt|ssl routines|tls alert|sslv3 alert|unexpected eof while reading|EOF occurred in violation of protocol|bad_record_mac|SSL_ERROR|tls: /i,
  ),
  unanswered([
    'tls-code',
    'tls-transient',
    ({ codes }) => codes.find(code => /^(?:ERR_SSL_|EPROTO$|ERR_TLS_)/.test(code)),
  ]),
  says('handshake-dropped', 'connection-reset', lost, /disconnected before secure tls connection/i),
  unanswered(
    codeIs('refused-code', 'connection-refused', 'ECONNREFUSED', 'CONNECTIONREFUSED', 'ERR_CONNECTION_REFUSED'),
  ),
  unanswered(
    codeIs(
      'timeout-code',
      'timeout',
      'ETIMEDOUT',
      'ESOCKETTIMEDOUT',
      'UND_ERR_CONNECT_TIMEOUT',
      'UND_ERR_HEADERS_TIMEOUT',
      'UND_ERR_BODY_TIMEOUT',
      'ERR_SOCKET_CONNECTION_TIMEOUT',
      'TIMEOUT',
      'ERR_HTTP_REQUEST_TIMEOUT',
      'ECONNABORTED',
      'ETIME',
      'TIMEOUT_ERR',
    ),
  ),
  unanswered(
    codeIs(
      'dns-code',
      'dns',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EAI_FAIL',
      'EAI_NODATA',
      'EAI_NONAME',
      'ENODATA',
      'ESERVFAIL',
      'ETIMEOUT',
      'EBADNAME',
      'EREFUSED',
      'DNSEXCEPTION',
    ),
  ),
  unanswered(
    codeIs(
      'cut-code',
      'truncated-stream',
      'ERR_STREAM_PREMATURE_CLOSE',
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
      'Z_BUF_ERROR',
      'HPE_INVALID_EOF_STATE',
      'ERR_INCOMPLETE_CHUNKED_ENCODING',
      'ERR_CONTENT_LENGTH_MISMATCH',
    ),
  ),
  unanswered(
    codeIs(
      'reset-code',
      'connection-reset',
      'ECONNRESET',
      'EPIPE',
      'UND_ERR_SOCKET',
      'CONNECTIONCLOSED',
      'CONNECTIONRESET',
      'ERR_SOCKET_CLOSED',
      'UND_ERR_CLOSED',
      'UND_ERR_DESTROYED',
      'ERR_HTTP2_STREAM_ERROR',
      'ERR_HTTP2_SESSION_ERROR',
      'ERR_HTTP2_STREAM_CANCEL',
      'ERR_HTTP2_GOAWAY_SESSION',
      'ERR_STREAM_DESTROYED',
      'ERR_CONNECTION_RESET',
      'ERR_CONNECTION_CLOSED',
      'ENOTCONN',
    ),
  ),
  unanswered(
    codeIs(
      'unreachable-code',
      'connection-failed',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENETDOWN',
      'EHOSTDOWN',
      'EADDRNOTAVAIL',
      'ENETRESET',
      'ENONET',
      'FAILEDTOOPENSOCKET',
      'ERR_INTERNET_DISCONNECTED',
      'ERR_NETWORK_CHANGED',
      'ERR_PROXY_CONNECTION_FAILED',
      'ERR_TUNNEL_CONNECTION_FAILED',
      'UND_ERR_PRX_TLS',
      'ERR_NETWORK',
    ),
  ),
  unanswered(codeIs('parser-code', 'fetch-failed', 'UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW')),
  says(
    'cut',
    'truncated-stream',
    lost,
    /invalid eof state|premature close|incomplete chunked read|peer closed connection without sending complete|unexpected end of file|incompleteread|response ended prematurely|err_incomplete_chunked|content-length mismatch|unexpected eof\b|": EOF$|error in input stream|error (?:reading a body|decoding response body)/i,
  ),
  unanswered(nameIs('parser', 'fetch-failed', 'HTTPParserError')),
  says('refused', 'connection-refused', lost, /econnrefused|connection refused|connectionrefused|actively refused/i),
  says(
    'dns',
    'dns',
    lost,
    /enotfound|eai_again|getaddrinfo|name or service not known|nodename nor servname|no such host|dns (?:error|lookup|resolution)|failed to lookup address|could not resolve|unable to resolve host|failed host lookup|no address associated|name_not_resolved|name resolution|unknownhostexception|temporary failure in name/i,
  ),
  says(
    'timeout',
    'timeout',
    lost,
    /etimedout|esockettimedout|connect timeout|headers? timeout|body timeout|(?:connection|connect|request|read|operation|socket|response|network|api call|fetch|stream|handshake)s? (?:has |have )?time(?:d)?[ -]?out|timed out|timeout of \d|timeout (?:error|period|exceeded|after|expired|while)|timeoutexception|(?:read|connect|write|pool)timeout\b|i\/o timeout|err_(?:connection_)?timed_out|deadline exceeded \(client|client\.timeout|within the timeout|context deadline exceeded/i,
  ),
  says(
    'reset',
    'connection-reset',
    lost,
    /econnreset|econnaborted|epipe|socket hang ?up|connection (?:was )?(?:reset|aborted|forcibly closed|closed unexpectedly|dropped|lost|closed by)|reset by peer|other side closed|socket connection was closed|broken pipe|server disconnected|remote (?:end|host) closed|closed before (?:message|headers)|remoteprotocolerror|err_(?:connection_(?:reset|closed|aborted)|http2|quic)|nghttp2|stream error:[^\n]{0,40}\b[A-Z]+_ERROR|empty reply from server|stream (?:was )?reset|rst_stream|goaway|connection closed(?! normally)/i,
  ),
  says(
    'no-connection',
    'connection-failed',
    lost,
    /(?:unable to|failed to|cannot|could not) connect|connection failed|connect error|no connection established|connection attempts failed|ehostunreach|enetunreach|network is unreachable|no route to host|typo in the url|internet (?:connection appears|disconnected)|newconnectionerror|max retries exceeded|err_(?:internet|proxy|tunnel|address|network)|proxy (?:connection|authentication|error)|tunneling socket|host unreachable/i,
  ),
  says('terminated', 'connection-reset', lost, /(?:^|: ?)(?:terminated|aborted)\]?$/im),
  says(
    'fetch',
    'fetch-failed',
    lost,
    /fetch failed|failed to fetch|load failed|network ?error|network request failed|error sending request|networkerror when|unable to make request|request to https?:\/\/[^\s]{1,300} failed|fetcherror|connection error|failed, reason:/i,
  ),
  nameIs('connection-by-name', 'fetch-failed', 'APIConnectionError', 'ConnectionError', 'FetchError', 'NetworkError'),
];
