/*
 * OpenSSL keeps a read and a write buffer of 17 kB each for every connection, busy or not, unless it is told to give them back after use,
 * and .NET does not tell it. The static engine is linked with --wrap=SSL_new, so that each of its connections is told here.
 */
#include <openssl/ssl.h>

SSL *__real_SSL_new(SSL_CTX *context);
SSL *__wrap_SSL_new(SSL_CTX *context);

SSL *__wrap_SSL_new(SSL_CTX *context)
{
    SSL *connection = __real_SSL_new(context);
    if (connection) SSL_set_mode(connection, SSL_MODE_RELEASE_BUFFERS);
    return connection;
}
