<?php
// What the objects among the shapes are made of.
enum Suit: string
{
    case Hearts = 'h';
    case Spades = 's';
}

class Post_Like
{
    public $ID;
    public $post_author = 0;
    public $post_date = '';
    public $post_content = '';
    public $post_title = '';
    protected $post_status = 'publish';
    private $filter;
}

class Keeps_Bytes implements Serializable
{
    public $bytes;

    public function serialize()
    {
        return $this->bytes;
    }

    public function unserialize($bytes)
    {
        $this->bytes = $bytes;
    }
}
