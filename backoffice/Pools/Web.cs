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
        app.Use((context, next) =>
        {
            // As the answer starts: whoever answers a failure clears what was set before.
            context.Response.OnStarting(SetHeaders, context);
            return next(context);
        });
        app.UseExceptionHandler(failed => failed.Run(Fail));
        app.UseStatusCodePages();
        app.UseWebPages();
        app.MapOpenApi();
    }

    private static Task SetHeaders(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
        return Task.CompletedTask;
    }

    private static Task Fail(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is Accounts.BusyException)
            return Problems.Later("busy", "too much is asked for at once; try again", 5).ExecuteAsync(context);
        var isAway = error is not null && Storage.ActiveLoop.IsTheWorlds(error);
        var problem = isAway
            ? Problems.Of(503, "database-away", "the database does not answer; try again")
            : Problems.Of(500, "fault", "a fault of the program; it is in the log");
        return problem.ExecuteAsync(context);
    }
}
