using System.Text;

namespace Viddhana.Backoffice.Pools.Sharing;

/// <summary>Marks endpoints whose answers are shared by all callers.</summary>
internal static class SharedEndpoints
{
    /// <summary>
    /// One rendering of this endpoint for all callers, held for some seconds, with an ETag. Its answer must depend on nothing but the path
    /// and the named query values: not on the caller, not on other headers. The handler takes no CancellationToken, because it works for
    /// others than the one who came first.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="seconds">How old an answer may be.</param>
    /// <param name="query">Names of the query values that it depends on; others are not looked at.</param>
    public static TBuilder Shared<TBuilder>(this TBuilder endpoint, int seconds, params string[] query)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(new SharedFilter(seconds, query));

    private sealed class SharedFilter(int seconds, string[] query) : IEndpointFilter
    {
        public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            var answers = http.RequestServices.GetRequiredService<SharedAnswers>();
            return await answers.GetAsync(KeyOf(http.Request), seconds, () => next(context), http.RequestAborted);
        }

        /// <summary>Escaped, so that no text of one value can be taken for the next value.</summary>
        private string KeyOf(HttpRequest request)
        {
            var key = new StringBuilder(request.Path.ToUriComponent());
            foreach (var name in query) key.Append('\n').Append(Uri.EscapeDataString(request.Query[name].ToString()));
            return key.ToString();
        }
    }
}
