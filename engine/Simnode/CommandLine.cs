using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Control;
using Viddhana.Simnode.Mempool;

namespace Viddhana.Simnode;

/// <summary>The options of <c>viddhana-simnode</c>.</summary>
internal sealed class CommandLine
{
    private readonly Option<IPAddress> _listen = new("--rpc-listen")
    {
        Description = "Address for JSON-RPC and control. Control has no password: think before leaving loopback",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = Address,
    };

    private readonly Option<int> _port =
        new("--rpc-port") { Description = "Port; 0 chooses one and prints it", DefaultValueFactory = _ => 18443 };

    private readonly Option<string?> _user =
        new("--rpc-user") { Description = "User of the RPC; without it only the cookie file in --data" };

    private readonly Option<string?> _password = new("--rpc-password") { Description = "Password of the RPC" };

    private readonly Option<string?> _data =
        new("--data") { Description = "Directory for chain, wallets and cookie file; without it nothing is kept" };

    private readonly Option<uint?> _bits = new("--bits")
    {
        Description = "Compact target of every block, hex: 207fffff is two hashes a block, 1d09fff6 about 4.3e8 [default: 1d09fff6]",
        CustomParser = Bits,
    };

    private readonly Option<int> _halving =
        new("--halving") { Description = "Blocks between halvings", DefaultValueFactory = _ => ChainRules.RegtestHalving };

    private readonly Option<int> _transactions = new("--transactions")
    {
        Description = "Synthetic transactions in the mempool of a fresh tip",
        DefaultValueFactory = _ => 2500,
    };

    private readonly Option<double> _arrivals = new("--transactions-per-second")
    {
        Description = "Synthetic transactions that arrive while a tip stands",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double> _renew = new("--template-seconds")
    {
        Description = "A changed mempool shows in templates of the same tip after this many seconds",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<double> _longpoll = new("--longpoll-seconds")
    {
        Description = "A longpoll first answers a changed mempool after this many seconds, a changed tip at once",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<IPEndPoint?> _zmq =
        new("--zmq") { Description = "Announce hashblock here: tcp://127.0.0.1:28332 (port 0 chooses one)", CustomParser = Zmq };

    private readonly Option<double> _background = new("--background-block-interval")
    {
        Description = "Seconds between blocks of other miners; 0 for none",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double> _warmup = new("--warmup-seconds")
    {
        Description = "Refuse every call with -28 for so long after the start",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<ulong?> _seed =
        new("--seed") { Description = "Seed of the synthetic transactions; a data directory remembers its own (default 1)" };

    /// <summary>The command; <paramref name="run"/> gets the settings and answers the exit code.</summary>
    public RootCommand Build(Func<ServerSettings, CancellationToken, Task<int>> run)
    {
        AtLeast(_port, 0, 65535);
        AtLeast(_halving, 1, int.MaxValue);
        AtLeast(_transactions, 0, (int)BlockChecks.SyntheticMax);
        foreach (var seconds in new[] { _arrivals, _renew, _longpoll, _background, _warmup }) AtLeast(seconds, 0, 1e6);

        var root = new RootCommand(
            "A simulated Bitcoin regtest node for trying out a mining pool: JSON-RPC, wallet, longpoll and ZMQ as a real node has\n"
            + "them, and POST /control/{block,reorg,latency,speed,fail} to make things happen. Its coins are worth nothing.")
        {
            _listen, _port, _user, _password, _data, _bits, _halving, _transactions, _arrivals, _renew, _longpoll, _zmq, _background,
            _warmup, _seed,
        };
        root.Validators.Add(Check);
        root.SetAction((parsed, stop) => run(Settings(parsed), stop));
        return root;
    }

    private ServerSettings Settings(ParseResult parsed) => new()
    {
        Rpc = new IPEndPoint(parsed.GetValue(_listen)!, parsed.GetValue(_port)),
        Login = parsed.GetValue(_user) is { } user ? (user, parsed.GetValue(_password)!) : null,
        Zmq = parsed.GetValue(_zmq),
        BackgroundBlockInterval = parsed.GetValue(_background),
        WarmupSeconds = parsed.GetValue(_warmup),
        Node = new NodeSettings
        {
            DataDirectory = parsed.GetValue(_data),
            Seed = parsed.GetValue(_seed),
            Bits = parsed.GetValue(_bits) ?? ChainRules.DefaultBits,
            HalvingInterval = parsed.GetValue(_halving),
            Mempool = new MempoolShape(parsed.GetValue(_transactions), parsed.GetValue(_arrivals), parsed.GetValue(_renew)),
            LongpollMempoolSeconds = parsed.GetValue(_longpoll),
        },
    };

    private void Check(CommandResult result)
    {
        var hasUser = result.GetValue(_user) is not null;
        if (hasUser != result.GetValue(_password) is not null) result.AddError("--rpc-user and --rpc-password belong together");
        else if (!hasUser && result.GetValue(_data) is null)
            result.AddError("give --rpc-user and --rpc-password, or --data for a cookie file: without either nobody could log in");
    }

    private static void AtLeast<T>(Option<T> option, T least, T most)
        where T : IComparable<T> => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<T>() is not { } value || value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            result.AddError($"{option.Name} must be from {least} to {most}");
    });

    private static IPAddress Address(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out var address)) return address;

        result.AddError($"{result.Tokens[0].Value} is not an IP address");
        return IPAddress.Loopback;
    }

    private static uint? Bits(ArgumentResult result)
    {
        if (ControlApi.TryBits(result.Tokens[0].Value, out var bits)) return bits;

        result.AddError("--bits must be eight hex digits of a target no easier than 207fffff");
        return null;
    }

    private static IPEndPoint? Zmq(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.StartsWith("tcp://", StringComparison.Ordinal) && IPEndPoint.TryParse(text[6..], out var endpoint)) return endpoint;

        result.AddError("--zmq must look like tcp://127.0.0.1:28332");
        return null;
    }
}
