using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Viddhana.Backoffice.Accounts.Signatures;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Puts logins, tokens and the audit log into the program.</summary>
public static class AccountsFeature
{
    /// <summary>What guard and endpoints need.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services, string dataDirectory)
    {
        services.TryAddSingleton<IMailer, NoMailer>();
        return services
            .AddCors()
            .Configure<OpenApiOptions>("v1", AccessDocument.Describe)
            .AddSingleton(provider => new TokenKeys(dataDirectory, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(_ => new AccountSecrets(dataDirectory))
            .AddSingleton<AccessTokens>()
            .AddSingleton<Callers>()
            .AddSingleton<RequestLimits>()
            .AddSingleton<LoginStore>()
            .AddSingleton<Sessions>()
            .AddSingleton<ApiKeys>()
            .AddSingleton<Passwords>()
            .AddSingleton<SecondFactor>()
            .AddSingleton<AttemptLimits>()
            .AddSingleton<SignIns>()
            .AddSingleton<Challenges>()
            .AddSingleton<Claims>()
            .AddSingleton(provider => new OwnershipProof(
                provider.GetRequiredService<NpgsqlDataSource>(),
                provider.GetRequiredService<Challenges>(),
                provider.GetRequiredService<Passwords>(),
                provider.GetRequiredService<SecondFactor>(),
                provider.GetRequiredService<AttemptLimits>()))
            .AddActive<BackgroundWork>()
            .AddSingleton<MailLinks>()
            .AddActive<AccountsCleaner>()
            .AddSingleton<AuditLog>()
            .AddSingleton(provider => new AuditChain(dataDirectory, provider.GetRequiredService<TimeProvider>()))
            .AddActive<AuditWatch>()
            .AddSingleton<IDependency>(provider => provider.GetRequiredService<AuditWatch>());
    }

    /// <summary>In front of everything: addresses and schemes that trusted proxies tell, and no others.</summary>
    public static void UseProxies(this WebApplication app)
    {
        var access = app.Services.GetRequiredService<ViddhanaConfig>().Backoffice.Access;
        if (access.TrustedProxies.Count == 0) return;

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var range in AddressRange.ParseAll(access.TrustedProxies)) options.KnownIPNetworks.Add(range);
        app.UseForwardedHeaders(options);
    }

    /// <summary>Before all endpoints: pages of other origins may read where the operator said so; then the guard.</summary>
    public static void UseAccounts(this WebApplication app)
    {
        var access = app.Services.GetRequiredService<ViddhanaConfig>().Backoffice.Access;
        if (access.Origins.Count > 0)
            app.UseCors(policy => policy.WithOrigins([.. access.Origins]).WithMethods("GET", "HEAD").AllowAnyHeader());
        app.UseMiddleware<AccessGuard>();
        if (!Secp256k1.IsThere)
            AccountsLog.NoSignatures(
                app.Services.GetRequiredService<ILogger<AccessGuard>>(), $"libsecp256k1 is missing: {Secp256k1.InstallCommand}");
    }

    /// <summary>The endpoints.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapAuth();
        routes.MapMe();
        routes.MapLogins();
        routes.MapAudit();
    }
}
