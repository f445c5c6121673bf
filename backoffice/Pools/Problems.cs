namespace Viddhana.Backoffice.Pools;

/// <summary>
/// What went wrong, as problem+json (RFC 9457): <c>detail</c> for people says what is wrong and what is allowed, <c>code</c> for programs
/// is a word that never changes.
/// </summary>
public static class Problems
{
    private const int ShownMax = 64;

    /// <summary>A problem.</summary>
    /// <param name="status">HTTP status, 400 to 599.</param>
    /// <param name="code">A stable word in kebab-case: <c>no-pool</c>.</param>
    /// <param name="detail">A sentence for people. What a caller sent is in it only through <see cref="Shown"/>.</param>
    public static IResult Of(int status, string code, string detail) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    /// <summary>
    /// Too much is asked for at once, or something does not answer: 503 with Retry-After in seconds.
    /// </summary>
    public static IResult Later(string code, string detail, int afterSeconds) => new LaterResult(Of(503, code, detail), afterSeconds);

    /// <summary>The code of an answer that has a status and nothing else to say.</summary>
    public static string CodeOf(int status) => status switch
    {
        400 => "bad-request",
        401 => "login-needed",
        403 => "forbidden",
        404 => "not-found",
        405 => "method-not-allowed",
        413 => "too-large",
        415 => "media-type",
        429 => "rate-limited",
        503 => "not-ready",
        _ => status < 500 ? "refused" : "fault",
    };

    /// <summary>A caller's text inside a message: cut where it is long, and without what moves a terminal's cursor.</summary>
    public static string Shown(string text)
    {
        var cut = text.Length <= ShownMax ? text : text[..ShownMax] + "…";
        return string.Create(cut.Length, cut, static (into, from) =>
        {
            for (var i = 0; i < from.Length; i++) into[i] = char.IsControl(from[i]) ? '\uFFFD' : from[i];
        });
    }

    private sealed class LaterResult(IResult problem, int afterSeconds) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.RetryAfter = afterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return problem.ExecuteAsync(httpContext);
        }
    }
}
