using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// The first admin, made at the first start. The password is told once and to the console alone: never in a line of the log. Where nobody
/// looks at a console (a service, a container), it stands in <c>keys/admin-password</c>, for the program's user alone.
/// </summary>
internal static class FirstAdmin
{
    /// <summary>Its name.</summary>
    public const string Name = "admin";

    private const string FileName = "admin-password";

    /// <summary>Makes it where the pool has no admin yet.</summary>
    /// <param name="database">Where.</param>
    /// <param name="dataDirectory">For the file.</param>
    /// <param name="console">Someone reads it now; null: nobody does.</param>
    /// <param name="say">Tells that there is a file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task EnsureAsync(
        NpgsqlDataSource database, string dataDirectory, TextWriter? console, TextWriter say, TimeProvider time, CancellationToken cancel)
    {
        var password = StaffNames.NewPassword();
        var isMade = await database.InTransactionAsync(
            async connection =>
            {
                // Of two backoffices that start at once one makes it.
                await connection.RunAsync("SELECT pg_advisory_xact_lock($1)", [AuditLog.LockKey], cancel);
                if (await connection.ScalarAsync<bool>("SELECT true FROM logins WHERE role = 'admin' LIMIT 1", [], cancel)) return false;
                await SetAsync(connection, Name, password, new AuditLog(database, time), AuditActor.Program("first start"), time, cancel);
                return true;
            },
            cancel);
        if (!isMade) return;

        if (console is not null)
        {
            await console.WriteLineAsync($"\n  first admin: sign in as {Name} with password {password}\n  (told this once; change it)\n");
            return;
        }

        var path = Path.Combine(SecretFile.Directory(dataDirectory), FileName);
        SecretFile.Write(path, password + "\n");
        await say.WriteLineAsync($"first admin: sign in as {Name} with the password in {path}; change it and remove the file");
    }

    /// <summary>Gives a staff login a password: its sessions end, a lock is taken off; made as admin if it is not there.</summary>
    public static async Task<bool> SetAsync(
        NpgsqlConnection connection,
        string name,
        string password,
        AuditLog audit,
        AuditActor actor,
        TimeProvider time,
        CancellationToken cancel)
    {
        var hash = new Passwords().Hash(password);
        var made = await new LoginStore(time).MakeAsync(connection, LoginStore.Staff, name, Role.Admin, hash, isConfirmed: true, cancel);
        if (made is null)
        {
            var login = (await LoginStore.FindAsync(connection, LoginStore.Staff, name, cancel))!;
            await LoginStore.SetPasswordAsync(connection, login.LoginId, hash, cancel);
            await connection.RunAsync("UPDATE logins SET is_locked = false WHERE login_id = $1", [login.LoginId], cancel);
            await new Sessions(time).EndAsync(connection, login.LoginId, "password", sessionId: null, cancel);
        }

        await audit.AppendAsync(
            connection, actor, made is null ? "login.password.reset" : "login.staff.made", name, cancel: cancel);
        return made is not null;
    }
}
