using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Who may use the cookie: pages of this pool. Every browser says the origin with a POST, and no page can make it say another; so a cookie
/// that another site's page makes a browser send is refused, besides SameSite.
/// </summary>
internal static class Origins
{
    /// <summary>A refusal, or null. Without an origin only where <paramref name="isRequired"/> is false.</summary>
    public static IResult? Refuse(HttpContext context, AccessConfig access, bool isRequired)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return isRequired
                ? Problems.Of(403, "origin-refused", "this needs the header Origin, which every browser sends with a POST")
                : null;
        }

        return IsOurs(context, access, origin)
            ? null
            : Problems.Of(
                403, "origin-refused", $"a page of {Problems.Shown(origin)} may not do this here (backoffice.access.public_url, origins)");
    }

    /// <summary>
    /// Host and port of the origin are those that the request was sent to, or public_url or origins names it. The scheme is not compared:
    /// behind a proxy that speaks TLS it differs.
    /// </summary>
    private static bool IsOurs(HttpContext context, AccessConfig access, string origin) =>
        string.Equals(origin, access.PublicUrl, StringComparison.OrdinalIgnoreCase)
        || access.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            && string.Equals(uri.Authority, context.Request.Host.Value, StringComparison.OrdinalIgnoreCase));

    /// <summary>The domain that a signed text names: of public_url, else the one the browser asked.</summary>
    public static string Domain(HttpContext context, AccessConfig access)
    {
        var host = access.PublicUrl is { } url ? new Uri(url).Authority : context.Request.Host.Value ?? "";
        return host.Length is > 0 and <= 60 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']')
            ? host
            : "pool";
    }
}
