using System.Text.Json;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Commands;

/// <summary>
/// --config FILE: options of any command in a file, a JSON object of their names without dashes. Command-line options override the file. ~ is the home folder
/// there too.
/// </summary>
internal static class ConfigFile
{
    private const string Name = "--config";
    private const int LargestFile = 1 << 20;

    /// <summary>A command line with the options of its file appended; unchanged if it names no file.</summary>
    public static Fin<Seq<string>> Expanded(Seq<string> arguments, string home)
    {
        var place = arguments.TakeWhile(argument => !IsOption(argument, Name)).Count;
        if (place == arguments.Count)
        {
            return arguments;
        }

        // The file's name stands in the same word, as in --config=FILE, or in the next.
        var isInside = arguments[place].Length > Name.Length;
        var next = arguments.Skip(place + 1);
        var path = isInside ? Some(arguments[place][(Name.Length + 1)..]) : next.HeadOrNone();
        var others = arguments.Take(place) + (isInside ? next : next.Skip(1));
        return from file in path.Filter(name => name.Length > 0).ToFin(Error.New(ExitCode.Usage, "--config needs a file"))
               from bytes in Outcomes.Require(!HasOption(others, Name), "--config is given twice: name one file")
                   .Bind(_ => Folders.Read(file, CancellationToken.None, LargestFile)) // no command has begun: a signal ends the program
               from added in Options(WithoutMark(bytes), others).At(file)
               select others + added.Map(word => HomeFolder.OfValue(word, home)).Strict();
    }

    /// <summary>UTF-8 without a byte-order mark, from what may have one: editors of Windows write it, and UTF-16 too.</summary>
    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> text) => text.Span switch
    {
        [0xEF, 0xBB, 0xBF, ..] => text[3..],
        [0xFF, 0xFE, ..] => System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.Unicode.GetString(text.Span[2..])),
        [0xFE, 0xFF, ..] => System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.BigEndianUnicode.GetString(text.Span[2..])),
        _ => text,
    };

    private static Fin<Seq<string>> Options(ReadOnlyMemory<byte> json, Seq<string> others)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind != JsonValueKind.Object
                ? Error.New(ExitCode.Usage, "it must hold a JSON object of options, such as {\"epochs\": 20}")
                : toSeq(document.RootElement.EnumerateObject().ToArray())
                    .Filter(option => !HasOption(others, "--" + option.Name))
                    .Map(option => Tokens(option.Name, option.Value)).Sequence().Map(all => all.Bind(tokens => tokens));
        }
        catch (JsonException e)
        {
            return Error.New(ExitCode.Usage, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            return Error.New(ExitCode.Usage, "it holds half a surrogate pair, which is not valid text");
        }
    }

    private static bool HasOption(Seq<string> arguments, string option) => arguments.Exists(argument => IsOption(argument, option));

    /// <summary>An option is followed by nothing, = or a colon.</summary>
    private static bool IsOption(string argument, string option) =>
        argument.StartsWith(option, StringComparison.Ordinal) && (argument.Length == option.Length || argument[option.Length] is '=' or ':');

    private static Fin<Seq<string>> Tokens(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => Seq<string>(),
        JsonValueKind.Array => toSeq(value.EnumerateArray().ToArray()).Map(item => Text(name, item)).Sequence()
            .Map(items => items.IsEmpty ? items : ("--" + name).Cons(items)),
        _ => Text(name, value).Map(text => Seq("--" + name, text)),
    };

    private static Fin<string> Text(string name, JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };
        return Outcomes.Require(text is not null, $"{name} must be text, a number, true, false, or a list of them").Map(_ => text!);
    }
}
