using BenchmarkDotNet.Attributes;
using Viddhana.Miner.Bench;

namespace Viddhana.Bench;

/// <summary>
/// The bodies of <c>viddhana-miner bench</c> under BenchmarkDotNet, that is under the JIT: the engine's own times are those of the AOT
/// loops. What BenchmarkDotNet adds is its statistics and the bytes allocated.
/// </summary>
/// <param name="group">First part of the names of the bodies.</param>
[MemoryDiagnoser]
public abstract class BodySuite(string group)
{
    // All batches divide it.
    private const int OperationsPerInvoke = 64;

    private BenchBody? _body;
    private int _calls;

    /// <summary>Name of the body.</summary>
    [ParamsSource(nameof(Names))]
    public string Body { get; set; } = "";

    /// <summary>The names of the group.</summary>
    public IEnumerable<string> Names =>
        BenchBodies.Make().Select(body => body.Name).Where(name => name.StartsWith(group + "/", StringComparison.Ordinal));

    /// <summary>Finds the body.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _body = BenchBodies.Make().Single(body => body.Name == Body);
        _calls = OperationsPerInvoke / _body.Operations;
    }

    /// <summary>The body.</summary>
    [Benchmark(OperationsPerInvoke = OperationsPerInvoke)]
    public int Run()
    {
        var sink = 0;
        for (var i = 0; i < _calls; i++) sink += _body!.Run();
        return sink;
    }
}

/// <summary>Reading submit lines, the session, a whole turn, the answer, the comparison with a target.</summary>
public class ShareSuite() : BodySuite("share");

/// <summary>Hashing and judging by batch.</summary>
public class ValidateSuite() : BodySuite("validate");

/// <summary>The filter of duplicates.</summary>
public class DuplicateSuite() : BodySuite("duplicate");

/// <summary>Difficulty.</summary>
public class VardiffSuite() : BodySuite("vardiff");

/// <summary>mining.notify.</summary>
public class NotifySuite() : BodySuite("notify");

/// <summary>Journal and stream entries.</summary>
public class EntrySuite() : BodySuite("entry");
