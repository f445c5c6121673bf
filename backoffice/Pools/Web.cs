using Microsoft.AspNetCore.Diagnostics;
using Viddhana.Backoffice.Dashboard;

namespace Viddhana.Backoffice.Pools;

/// <summary>The web page, the headers of every answer, and failures as problem+json that tell nothing about the inside.</summary>
public static class Web
{
    /// <summary>Only what is served here may run or be loaded; nobody may frame the page.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; manifest-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>In front of all endpoints.</summary>
    public static void UseWeb(this WebApplication app)
    {
        app.UseExceptionHandler(failed => failed.Run(Fail));
        app.UseStatusCodePages();
        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            return next(context);
        });
        app.UseWebPages();
        app.MapOpenApi();
    }

    private static Task Fail(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var isAway = error is not null && Storage.ActiveLoop.IsTheWorlds(error);
        var problem = isAway
            ? Problems.Of(503, "database-away", "the database does not answer; try again")
            : Problems.Of(500, "fault", "a fault of the program; it is in the log");
        return problem.ExecuteAsync(context);
    }
}
