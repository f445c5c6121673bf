using System.Net;
using Viddhana.Backoffice.Audit;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What an endpoint asks of its caller; the last that is said of an endpoint counts.</summary>
/// <param name="Role">The least role.</param>
/// <param name="Scopes">What its token must allow.</param>
/// <param name="IsSessionOnly">True: an API key does not do, however mighty.</param>
public sealed record AccessNeed(Role Role, Scopes Scopes, bool IsSessionOnly);

/// <summary>Says on endpoints who may call them, and in handlers who does.</summary>
public static class Access
{
    private static readonly object CallerKey = new();

    /// <summary>The caller; null for nobody. A token that is broken, expired or revoked makes nobody.</summary>
    public static Caller? Caller(this HttpContext context) =>
        context.Items.TryGetValue(CallerKey, out var caller) ? caller as Caller : null;

    /// <summary>The caller of an endpoint that <see cref="NeedsLogin"/> or <see cref="NeedsRole"/> guards.</summary>
    public static Caller SignedIn(this HttpContext context) =>
        context.Caller() ?? throw new InvalidOperationException($"{context.Request.Path} asks for its caller and is open to nobody");

    /// <summary>The client's address: behind trusted proxies the one they name. IPv4 is never written mapped to IPv6.</summary>
    public static IPAddress ClientAddress(this HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => IPAddress.None,
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4(),
        var address => address,
    };

    /// <summary>The caller as the audit log names it.</summary>
    public static AuditActor Actor(this HttpContext context) => context.Caller() is { } caller
        ? new AuditActor(caller.LoginId, caller.KeyId is { } key ? $"{caller.Name} (key {key})" : caller.Name, $"{context.ClientAddress()}")
        : new AuditActor(null, "nobody", $"{context.ClientAddress()}");

    /// <summary>Only for who is signed in. What changes something needs <see cref="Scopes.Write"/> besides, always.</summary>
    public static T NeedsLogin<T>(this T endpoint, Scopes scopes = Scopes.Read, bool sessionOnly = false)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessNeed(Role.Miner, scopes, sessionOnly));

    /// <summary>Only for a role or one above it. What changes something needs <see cref="Scopes.Write"/> besides, always.</summary>
    public static T NeedsRole<T>(this T endpoint, Role role, Scopes scopes = Scopes.Read, bool sessionOnly = false)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessNeed(role, scopes, sessionOnly));

    /// <summary>What an endpoint asks for: what it says, else what its path implies; null where it is open to all.</summary>
    internal static AccessNeed? NeedOf(Endpoint? endpoint, HttpRequest request)
    {
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        var implied = reads ? Scopes.Read : Scopes.Write;
        var said = endpoint?.Metadata.GetMetadata<AccessNeed>();
        if (said is not null) return said with { Scopes = said.Scopes | implied };
        if (endpoint is null) return null;
        if (request.Path.StartsWithSegments("/api/v1/admin", StringComparison.OrdinalIgnoreCase))
            return new AccessNeed(Role.Admin, implied, false);
        return request.Path.StartsWithSegments("/api/v1/me", StringComparison.OrdinalIgnoreCase)
            ? new AccessNeed(Role.Miner, implied, false)
            : null;
    }

    internal static void SetCaller(this HttpContext context, Caller caller) => context.Items[CallerKey] = caller;
}
