using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Notices;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Puts logins, tokens and the audit log into the program.</summary>
public static class AccountsFeature
{
    /// <summary>What guard and endpoints need.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services, string dataDirectory)
    {
        services.TryAddSingleton<IMailer, NoMailer>();
        return services
            .AddSingleton(provider => new TokenKeys(dataDirectory, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(_ => new AccountSecrets(dataDirectory))
            .AddSingleton<AccessTokens>()
            .AddSingleton<Callers>()
            .AddSingleton<Sessions>()
            .AddSingleton<ApiKeys>()
            .AddSingleton<Passwords>()
            .AddSingleton<SecondFactor>()
            .AddSingleton<AttemptLimits>()
            .AddSingleton<Challenges>()
            .AddSingleton<Claims>()
            .AddSingleton<AuditLog>()
            .AddSingleton(provider => new OwnershipProof(
                provider.GetRequiredService<NpgsqlDataSource>(),
                provider.GetRequiredService<Challenges>(),
                provider.GetRequiredService<Passwords>(),
                provider.GetRequiredService<SecondFactor>(),
                provider.GetRequiredService<AttemptLimits>()));
    }

    /// <summary>Before all endpoints.</summary>
    public static void UseAccounts(this WebApplication app) => app.UseMiddleware<AccessGuard>();
}
