using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Facades;

/// <summary>
/// A listener for devices that ask public-pool's API at a fixed port: NerdMiner asks <c>http://POOL:2019/api/client/ADDRESS</c>. Who comes
/// in there gets that and nothing else.
/// </summary>
internal sealed class NerdListener
{
    private const string Allowed = "/api/client";

    /// <summary>Marks a connection that came in there.</summary>
    private sealed class Mark
    {
        public static readonly Mark One = new();
    }

    /// <summary>Listens, if it is configured.</summary>
    public static void Listen(KestrelServerOptions kestrel, FacadesConfig config)
    {
        if (config.PublicPool is not { } http) return;
        kestrel.Listen(IPAddress.Parse(http.Listen), http.Port, listen => listen.Use(next => connection =>
        {
            connection.Features.Set(Mark.One);
            return next(connection);
        }));
    }

    /// <summary>True for a request that came in there.</summary>
    public static bool Took(HttpContext context) => context.Features.Get<Mark>() is not null;

    /// <summary>Turns away everything else. Before routing.</summary>
    public static Task Guard(HttpContext context, RequestDelegate next) =>
        Took(context) && !context.Request.Path.StartsWithSegments(Allowed, StringComparison.Ordinal)
            ? Problems.Of(404, "not-found", $"only {Allowed}/ADDRESS answers at this port").ExecuteAsync(context)
            : next(context);
}
