using Npgsql;
using Viddhana.Backoffice.Health;

namespace Viddhana.Backoffice.Storage;

/// <summary>The database's entry in <c>/ready</c>.</summary>
public sealed class PostgresDependency(Database database, ActiveLease lease) : IDependency
{
    /// <inheritdoc/>
    public string Name => "postgres";

    /// <inheritdoc/>
    public async Task<HealthEntry> CheckAsync(CancellationToken cancel)
    {
        try
        {
            await using var probe = database.Source.CreateCommand("SELECT 1");
            await probe.ExecuteScalarAsync(cancel);
            return new HealthEntry(
                Name, true, $"{database.Address}, {(lease.IsHeld ? "active" : "standing by: another backoffice is active")}");
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException)
        {
            return new HealthEntry(Name, false, error.Message);
        }
    }
}
