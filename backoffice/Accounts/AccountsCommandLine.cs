using System.CommandLine;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// <c>viddhana-backoffice admin reset-password [NAME]</c>, <c>admin drop-second-factor NAME</c>, <c>audit verify</c>,
/// <c>keys rotate</c>: for who has a shell on the machine.
/// </summary>
internal static class AccountsCommandLine
{
    public static CommandLine AddAccounts(this CommandLine line) => line.Add(Admin(line)).Add(AuditCommand(line)).Add(Keys(line));

    private static Command Admin(CommandLine line)
    {
        var who = new Argument<string>("NAME") { Description = "Staff name", DefaultValueFactory = _ => FirstAdmin.Name };
        var reset = new Command("reset-password", "Give a staff login a new password, unlock it, sign its devices out") { who };
        reset.SetAction((parsed, cancel) => line.WithDataAsync(
            parsed, (_, database, _) => ResetAsync(database, parsed.GetValue(who)!, cancel)));

        var whose = new Argument<string>("NAME") { Description = "Staff name, e-mail address or wallet address" };
        var drop = new Command("drop-second-factor", "Take a login's second factor away: its owner has lost it") { whose };
        drop.SetAction((parsed, cancel) => line.WithDataAsync(
            parsed, (_, database, _) => DropAsync(database, parsed.GetValue(whose)!, cancel)));
        return new Command("admin", "Help who is locked out") { reset, drop };
    }

    private static Command AuditCommand(CommandLine line)
    {
        var verify = new Command("verify", "Check the chain of the audit log; exit code 1 where it is broken");
        verify.SetAction((parsed, cancel) => line.WithDataAsync(
            parsed, (_, database, dataDirectory) => VerifyAsync(database, dataDirectory, cancel)));
        return new Command("audit", "The log of everything that matters") { verify };
    }

    private static Command Keys(CommandLine line)
    {
        var rotate = new Command("rotate", "Sign access tokens with a new key; those signed before end in their 15 minutes");
        rotate.SetAction((parsed, cancel) => line.WithDataAsync(
            parsed, (_, database, dataDirectory) => RotateAsync(database, dataDirectory, cancel)));
        return new Command("keys", "Keys of the program") { rotate };
    }

    private static async Task ResetAsync(NpgsqlDataSource database, string name, CancellationToken cancel)
    {
        if (!StaffNames.IsOne(name)) throw new StorageException($"'{name}' cannot be: {StaffNames.Rule}");
        var password = StaffNames.NewPassword();
        var time = TimeProvider.System;
        var isMade = await database.InTransactionAsync(
            connection => FirstAdmin.SetAsync(
                connection, name, password, new AuditLog(database, time), AuditActor.Shell(), time, cancel),
            cancel);
        Console.WriteLine($"{(isMade ? "made admin" : "new password of")} {name}: {password}");
    }

    private static async Task DropAsync(NpgsqlDataSource database, string name, CancellationToken cancel)
    {
        await database.InTransactionAsync(
            async connection =>
            {
                var login = await LoginStore.FindByPasswordNameAsync(connection, LoginStore.Normal(name), cancel)
                    ?? await LoginStore.FindAsync(connection, LoginStore.Wallet, name, cancel)
                    ?? throw new StorageException($"there is no login '{name}'");
                await SecondFactor.DisableAsync(connection, login.LoginId, cancel);
                await new AuditLog(database, TimeProvider.System).AppendAsync(
                    connection, AuditActor.Shell(), "login.totp.removed", login.Name, new { login = login.LoginId }, cancel);
                return 0;
            },
            cancel);
        Console.WriteLine($"{name} signs in without a second factor now");
    }

    private static async Task VerifyAsync(NpgsqlDataSource database, string dataDirectory, CancellationToken cancel)
    {
        var chain = new AuditChain(dataDirectory, TimeProvider.System);
        var report = await chain.VerifyAsync(database, cancel);
        if (!report.IsWhole) throw new StorageException($"the audit log is broken: {report.Detail}");
        chain.Anchor(report);
        Console.WriteLine($"{report.Entries} entries, whole; last: {report.HeadId} {report.HeadHash}");
    }

    private static async Task RotateAsync(NpgsqlDataSource database, string dataDirectory, CancellationToken cancel)
    {
        var key = new TokenKeys(dataDirectory, TimeProvider.System).Rotate();
        await new AuditLog(database, TimeProvider.System).AppendAsync(
            null, AuditActor.Shell(), "keys.access.rotated", key.Id, cancel: cancel);
        Console.WriteLine($"access tokens are signed with key {key.Id} now");
    }
}
