using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Accounts;

public sealed class SkeletonTests
{
    [Test]
    public async Task The_host_starts_and_knows_its_callers()
    {
        await using var host = await TestHost.StartAsync();
        Assert.That((await host.As().GetAsync("/api/v1/pools")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var (token, loginId, _) = await host.SignInAsync(Role.Miner);
        Assert.That((await host.As(token).GetAsync("/api/v1/pools")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var accountId = await host.ClaimAsync(loginId, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
        var claims = host.Services.GetRequiredService<Claims>();
        Assert.That((await claims.OfAsync(loginId)).Single().AccountId, Is.EqualTo(accountId));

        var audit = host.Services.GetRequiredService<AuditLog>();
        Assert.That(await audit.AppendAsync(null, AuditActor.Shell(), "a.b", "x", new { n = 1 }), Is.EqualTo(1));
        Assert.That(await audit.AppendAsync(null, AuditActor.Shell(), "a.b", "x"), Is.EqualTo(2));
        Assert.ThrowsAsync<Npgsql.PostgresException>(async () =>
        {
            await using var connection = await host.Database.OpenConnectionAsync();
            await connection.RunAsync("DELETE FROM audit_entries", [], CancellationToken.None);
        });
    }
}
